#include "device/rtsp/client.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "device/rtsp/transport_memory.h"
#include "net/task_group.h"
#include "net/within.h"
#include "proto/rtsp/transport.h"
#include "proto/sdp/sdp.h"

namespace camfleet::device {
namespace {

constexpr std::size_t kOutboxLimit = 16 * 1024;
constexpr std::size_t kMostTracks = 2;  // a picture and its sound: wanted_tracks()
constexpr std::chrono::seconds kForgotten{2};
constexpr std::chrono::milliseconds kOutboxAgain{50};  // where the socket was full

SteadyTime now() { return std::chrono::steady_clock::now(); }

bool lost(Code code) { return code == Code::net_closed || code == Code::net_reset; }

// A server that names no RTSP address in Location is as foreign as one that names another host.
Result<url::Url> same_device(std::string_view location, const url::Url& ours) {
  auto to = url::parse(location);
  if (!to || !url::same_host(to->url, ours) || to->url.scheme != ours.scheme)
    return fail(Code::rtsp_foreign_url, "redirect to " + (to ? to->url.text() : std::string("no address")));
  return std::move(to->url);
}

// What devices say to a SETUP where they mean 461.
bool refuses_carrier(int status) {
  return status == 400 || status == 406 || status == 461 || status == 501 || status == 551;
}

// "The nonce was too old": the password was not judged.
bool says_stale(const std::vector<std::string_view>& challenges) {
  return std::ranges::any_of(challenges, [](std::string_view challenge) {
    const auto lower = to_lower(challenge);
    const auto at = lower.find("stale=");
    if (at == std::string::npos) return false;
    auto value = std::string_view{lower}.substr(at + 6);
    if (value.starts_with('"')) value.remove_prefix(1);
    return value.starts_with("true");
  });
}

}  // namespace

Carrier carrier_of(std::string_view transport) {
  if (transport == "udp") return Carrier::udp;
  return transport == "auto" ? Carrier::any : Carrier::tcp;
}

RtspClient::RtspClient(RtspTarget target, RtspLimits limits)
    : target_(std::move(target)), limits_(limits), login_(target_.username, target_.password, target_.login) {
  if (limits_.phase.count() == 0) limits_.phase = target_.calls.call;
}

std::string RtspClient::where(std::string_view step) const {
  return std::string(step) + " " + target_.url.authority();
}

net::Task<Result<void>> RtspClient::connect() {
  const net::HostPort to{target_.url.host, target_.url.effective_port()};
  const auto deadline = now() + target_.calls.connect;
  auto stream = co_await net::dial(*target_.guard, to, deadline);
  if (!stream) co_return fail(std::move(stream.error()));
  stream_ = std::move(*stream);
  intake_ = Intake{};
  outstanding_ = {};
  outbox_.clear();
  co_return Result<void>{};
}

net::Task<Result<void>> RtspClient::describe() {
  for (int redirects = 0;; ++redirects) {
    if (auto connected = co_await connect(); !connected) co_return connected;
    const auto deadline = now() + limits_.phase;
    rtsp::Headers accept;
    accept.add("Accept", "application/sdp");
    const auto address = target_.url.text();
    auto answer = co_await ask("DESCRIBE", address, std::move(accept), deadline);
    if (!answer) co_return fail(std::move(answer.error()));
    const auto& response = *answer;
    if (response.status == 301 || response.status == 302) {
      if (redirects >= limits_.redirects) co_return fail(Code::rtsp_refused, where("too many redirects of"));
      auto to = same_device(response.headers.get("Location").value_or(""), target_.url);
      if (!to) co_return fail(std::move(to.error()));
      target_.url = std::move(*to);
      stream_.close();
      continue;
    }
    if (response.status != 200) co_return fail(error_of(response, "DESCRIBE"));

    auto session = sdp::parse(response.body);
    if (!session) co_return fail(std::move(session.error()));
    description_ = std::move(*session);
    base_ = base_of(response.headers.get("Content-Base").value_or(""),
                    response.headers.get("Content-Location").value_or(""), target_.url);
    server_ = clean_utf8(trim(response.headers.get("Server").value_or("")).substr(0, 200));
    described_ = true;
    co_return Result<void>{};
  }
}

void RtspClient::close() {
  stream_.close();
  intake_ = Intake{};
}

net::Task<Result<void>> RtspClient::probe(Deadline deadline) {
  if (!stream_.open()) {
    if (auto connected = co_await connect(); !connected) co_return connected;
  }
  const auto address = target_.url.text();
  rtsp::Headers none;
  auto answer = co_await ask("OPTIONS", address, std::move(none), deadline);
  if (!answer) {
    close();
    co_return fail(std::move(answer.error()));
  }
  intake_.rest();
  co_return Result<void>{};  // whatever it says of OPTIONS, it is alive
}

net::Task<Error> RtspClient::play(model::Publisher& to) {
  Error why;
  std::exception_ptr thrown;
  try {
    why = co_await stream(to);
  } catch (...) {
    thrown = std::current_exception();
  }
  // From here on a cancelled task may wait again, for the second that a goodbye takes: servers of old go on
  // sending to a connection that vanished.
  if (thrown) co_await net::asio::this_coro::reset_cancellation_state();
  if (!session_.id.empty() && stream_.open()) co_await tear_down();
  stream_.close();
  if (thrown) std::rethrow_exception(thrown);
  co_return why;
}

net::Task<Error> RtspClient::stream(model::Publisher& to) {
  auto trying = attempt(to);
  auto why = co_await std::move(trying);
  const bool useless = why.code == Code::rtsp_udp_silent || why.code == Code::rtsp_no_transport;
  if (!udp_ || !useless || target_.carrier != Carrier::udp) co_return why;
  use_tcp(why);
  // Over TCP it is another session, on another connection: some close this one behind TEARDOWN.
  if (!session_.id.empty() && stream_.open()) co_await tear_down();
  stream_.close();
  session_ = {};
  session_unknown_ = false;
  keep_alive_login_.reset();
  udp_.reset();
  described_ = false;
  auto again = attempt(to);
  co_return co_await std::move(again);
}

net::Task<Error> RtspClient::attempt(model::Publisher& to) {
  if (!described_) {
    auto describing = describe();
    auto described = co_await std::move(describing);
    if (!described) co_return std::move(described.error());
  }
  if (auto ready = co_await set_up(to); !ready) co_return std::move(ready.error());
  if (udp_) udp_->punch();
  if (auto playing = co_await start_playing(to); !playing) co_return std::move(playing.error());
  keep_alive_every_ =
      limits_.keep_alive.count() > 0 ? limits_.keep_alive : keep_alive_interval(session_.timeout);
  next_keep_alive_ = now() + keep_alive_every_;
  auto receiving = udp_ ? receive_udp(to) : receive(to);
  co_return co_await std::move(receiving);
}

net::Task<Result<void>> RtspClient::set_up(model::Publisher& to) {
  auto wanted = wanted_tracks(description_, base_, target_.url);
  if (!wanted) co_return fail(std::move(wanted.error()));
  udp_.reset();
  if (wants_udp()) open_udp(wanted->size());
  auto aggregate = aggregate_control(description_, base_, target_.url);
  if (!aggregate) co_return fail(std::move(aggregate.error()));
  aggregate_ = aggregate->text();
  description_ = {};

  model::StreamInfo info;
  std::size_t number = 0;
  for (auto& track : *wanted) {
    const auto index = static_cast<std::uint8_t>(info.tracks.size());
    auto done = co_await set_up_track(track, index, number++);
    if (!done) co_return fail(std::move(done.error()));
    if (*done) info.tracks.push_back(std::move(track.track));
  }
  // Over TCP again, the tracks are those that were announced.
  if (!std::exchange(started_, true)) to.start(std::move(info));
  co_return Result<void>{};
}

// False: the device refuses this track, and the stream is of use without it.
net::Task<Result<bool>> RtspClient::set_up_track(const WantedTrack& wanted, std::uint8_t index,
                                                 std::size_t number) {
  const auto deadline = now() + limits_.phase;
  const auto address = wanted.control.text();
  const auto first = static_cast<std::uint16_t>(2 * index);
  const bool optional = index > 0;  // sound beside a picture
  for (bool other = false;; other = true) {
    rtsp::Transport offer;
    if (udp_) {
      offer.lower = rtsp::Transport::Lower::udp;
      offer.client_port = udp_->ports(number);
    } else {
      offer.interleaved = rtsp::Pair{first, static_cast<std::uint16_t>(first + 1)};
    }
    rtsp::Headers headers;
    headers.add("Transport", rtsp::serialise(offer));
    auto answer = co_await ask("SETUP", address, std::move(headers), deadline);
    if (!answer) co_return fail(std::move(answer.error()));
    Error why;
    if (answer->status == 200) {
      const auto session = rtsp::parse_session(answer->headers.get("Session").value_or(""));
      if (session && session_.id.empty()) session_ = *session;
      // A second track under another id (H264DVR): the first one stays the session, as its own PLAY has it.

      // No Transport in the answer: it is as we asked.
      const auto text = answer->headers.get("Transport");
      const auto transport = text ? rtsp::parse_transport(*text) : std::move(offer);
      if (transport && assign(wanted, index, number, *transport)) co_return true;
      why = {Code::rtsp_no_transport, "SETUP: " + clean_utf8(text.value_or("").substr(0, 200)), 0};
    } else {
      why = error_of(*answer, "SETUP");
    }
    // The first track decides for all of them, and the other carrier is asked for once.
    const bool refused = why.code == Code::rtsp_no_transport || (udp_ && refuses_carrier(answer->status));
    if (refused && index == 0 && !other && target_.carrier != Carrier::tcp) {
      if (udp_) {
        use_tcp({Code::rtsp_no_transport, why.place, 0});
        udp_.reset();
        continue;
      }
      if (limits_.udp.ports != nullptr) open_udp(kMostTracks);
      if (udp_) continue;
    }
    if (optional) co_return false;
    co_return fail(std::move(why));
  }
}

// Where the packets of a track will come; false where the device means something that we cannot take.
bool RtspClient::assign(const WantedTrack& wanted, std::uint8_t index, std::size_t number,
                        const rtsp::Transport& transport) {
  if (transport.multicast) return false;
  Intake::Track track;
  track.index = index;
  track.codec = wanted.track.codec;
  track.starts = wanted.track.media == model::Media::video;
  for (const auto type : wanted.payload_types)
    if (track.payload_type_count < track.payload_types.size())
      track.payload_types[track.payload_type_count++] = type;
  const bool over_udp = transport.lower == rtsp::Transport::Lower::udp;
  if (over_udp && !udp_) return false;
  if (over_udp) {
    udp_->assign(number, track, wanted.track.clock_rate, transport.server_port);
    return true;
  }
  // It was asked for UDP and means TCP: so be it, from the first track on.
  if (udp_ && index != 0) return false;
  if (udp_) udp_.reset();
  // Some answer the same pair to every SETUP: a second track must not take the first one's packets.
  rtsp::Pair channels{static_cast<std::uint16_t>(2 * index), static_cast<std::uint16_t>(2 * index + 1)};
  const auto& told = transport.interleaved;
  if (told && !intake_.assigned(told->rtp) && !intake_.assigned(told->rtcp)) channels = *told;
  intake_.assign(static_cast<std::uint8_t>(channels.rtp), static_cast<std::uint8_t>(channels.rtcp), track);
  return true;
}

net::Task<Result<void>> RtspClient::start_playing(model::Publisher& to) {
  const auto deadline = now() + limits_.phase;
  rtsp::Headers headers;
  headers.add("Range", "npt=0.000-");
  auto answer = co_await ask("PLAY", aggregate_, std::move(headers), deadline, &to);
  if (!answer) co_return fail(std::move(answer.error()));
  if (answer->status != 200) co_return fail(error_of(*answer, "PLAY"));
  // RTP-Info is not looked at: seq and rtptime in it are made up too often, and nothing here needs them.
  co_return Result<void>{};
}

// Packets are taken where the loop finds them, and the task that owns the pull sleeps on: it is rung for what
// is no packet, and woken by its clock.
struct RtspClient::Flow {
  Flow(RtspClient& c, model::Publisher& p, net::Executor e) : client(c), to(p), bell(e), executor(e) {}
  Result<void> begin() {
    auto started = net::WatchedSocket::start(executor, client.stream_.release(), &RtspClient::flows, this);
    if (!started) return fail(std::move(started.error()));
    client.media_ = std::move(*started);
    return {};
  }
  // For the goodbye.
  ~Flow() {
    auto socket = client.media_.release();
    if (!socket) return;
    if (auto stream = net::TcpStream::adopt(executor, std::move(socket))) client.stream_ = std::move(*stream);
  }
  RtspClient& client;
  model::Publisher& to;
  net::Event bell;
  net::Executor executor;
  Error over;
  std::exception_ptr thrown;
};

void RtspClient::flows(void* self) noexcept {
  auto& flow = *static_cast<Flow*>(self);
  if (flow.over || flow.thrown) return;
  try {
    flow.client.take(flow);
  } catch (...) {
    flow.thrown = std::current_exception();
    flow.bell.set();
  }
}

void RtspClient::take(Flow& flow) {
  bool more = true;
  for (int i = 0; more && i < kReadsPerWakeUp; ++i) {
    auto short_read = read(&flow.to);
    more = short_read && !*short_read;
    if (!short_read) flow.over = std::move(short_read.error());
  }
  flow.to.flush();
  if (more) media_.again();
  if (flow.over || intake_.has_message() || !outbox_.empty()) flow.bell.set();
}

net::Task<Error> RtspClient::receive(model::Publisher& to) {
  const auto started = now();
  Flow flow{*this, to, stream_.executor()};
  if (auto begun = flow.begin(); !begun) co_return std::move(begun.error());
  for (;;) {
    if (flow.thrown) std::rethrow_exception(flow.thrown);
    if (flow.over) co_return std::move(flow.over);
    const auto at = now();
    if (auto handled = answer_messages(); !handled) co_return std::move(handled.error());
    if (auto kept = keep_session(at); !kept) co_return std::move(kept.error());

    const auto stalled = std::max(started, intake_.last_media()) + limits_.stall;
    if (at >= stalled) co_return Error{Code::media_stalled, where("no packets from")};
    auto wake = std::min(stalled, next_keep_alive_);
    if (!outbox_.empty()) wake = std::min(wake, at + kOutboxAgain);
    co_await flow.bell.wait(wake);
  }
}

Result<void> RtspClient::answer_messages() {
  while (auto message = intake_.message()) {
    Result<void> handled;
    if (auto* request = std::get_if<rtsp::Request>(&*message))
      handled = serve(std::move(*request));
    else
      handled = on_keep_alive_answer(std::get<rtsp::Response>(*message));
    if (!handled) return handled;
  }
  return {};
}

Result<void> RtspClient::keep_session(SteadyTime at) {
  if (at >= next_keep_alive_) {
    next_keep_alive_ = at + keep_alive_every_;
    if (auto sent = send_keep_alive(); !sent) return sent;
  }
  return flush_outbox();
}

Result<bool> RtspClient::read(model::Publisher* to) {
  const auto room = intake_.room();
  const auto got = media_ ? media_.try_read(room) : stream_.try_read(room);
  if (!got) return fail(got.error());
  if (*got == 0) return true;
  if (auto taken = intake_.received(*got, now(), to); !taken) return fail(std::move(taken.error()));
  return *got < room.size();
}

Result<void> RtspClient::serve(rtsp::Request request) {
  auto response = answer_to(request);
  if (request.method == "REDIRECT") {
    auto to = same_device(request.headers.get("Location").value_or(""), target_.url);
    // To itself: the next pull begins there anew. To somebody else: no.
    if (to) return fail(Code::media_ended, where("REDIRECT by"));
  }
  outbox_ += rtsp::serialise(response);
  if (outbox_.size() > kOutboxLimit)
    return fail(Code::rtsp_too_large, "it asks, and does not read the answers");
  return {};
}

Result<void> RtspClient::send_keep_alive() {
  // One at a time; a device that never answers gets them all the same, for they may keep its session alive.
  if (keep_alive_refused_ || !outbox_.empty()) return {};
  if (auto* standing = target_.standing.get()) {
    if (standing->refused) return {};
    const auto at = now();
    if (at < standing->asking_until) {
      next_keep_alive_ = at + std::chrono::milliseconds{50};
      return {};
    }
    standing->asking_until = at + std::chrono::seconds{1};
  }
  keep_alive_login_.emplace(login_.client(), target_.url.secure());
  return write_keep_alive();
}

Result<void> RtspClient::write_keep_alive() {
  const auto method = keep_alive_.method();
  auto authorization = login_.authorization(*keep_alive_login_, method, aggregate_);
  if (!authorization) return fail(std::move(authorization.error()));
  auto request = make(method, aggregate_, {});
  if (session_unknown_) request.headers.remove("Session");
  keep_alive_told_ = !authorization->empty();
  if (keep_alive_told_) request.headers.add("Authorization", std::move(*authorization));
  outstanding_.sent(cseq_);
  outbox_ += rtsp::serialise(request);
  return {};
}

Result<void> RtspClient::on_keep_alive_answer(const rtsp::Response& response) {
  if (outstanding_.answered(response) == 0 || !keep_alive_login_) return {};
  const auto challenges = response.headers.all("WWW-Authenticate");
  auto verdict = keep_alive_login_->answered(response.status, challenges);
  if (target_.standing && keep_alive_told_ && verdict.next == digest::Attempt::Verdict::Next::again &&
      !says_stale(challenges))
    verdict.next = digest::Attempt::Verdict::Next::failed;
  switch (verdict.next) {
    case digest::Attempt::Verdict::Next::again:
      return write_keep_alive();
    // The picture goes on; insisting would lock the account.
    case digest::Attempt::Verdict::Next::failed:
      keep_alive_refused_ = true;
      if (target_.standing) target_.standing->refused = true;
      break;
    case digest::Attempt::Verdict::Next::done:
      // 454 while packets come: it forgot the name and not the stream. Where they do not come, this is why.
      if (response.status == 454) {
        if (now() - intake_.last_media() > kForgotten)
          return fail(Code::media_ended, where("454: the session is gone at"));
        session_unknown_ = true;
      }
      keep_alive_.answered(response);
      break;
  }
  if (target_.standing) target_.standing->asking_until = {};
  keep_alive_login_.reset();
  return {};
}

Result<void> RtspClient::flush_outbox() {
  if (outbox_.empty()) return {};
  const ByteView bytes = as_bytes(outbox_);
  const auto sent = media_ ? media_.try_write(bytes) : stream_.try_write(std::span(&bytes, 1));
  if (!sent) return fail(sent.error());
  outbox_.erase(0, *sent);
  if (outbox_.empty()) outbox_ = {};
  return {};
}

net::Task<> RtspClient::tear_down() {
  const auto deadline = now() + limits_.teardown;
  auto* standing = target_.standing.get();
  net::Slot turn;
  if (standing != nullptr) {
    auto waiting = standing->goodbye.acquire(deadline);
    auto got = co_await std::move(waiting);
    if (!got || standing->refused) co_return;
    turn = std::move(*got);
  }
  if (auto flushed = flush_outbox(); !flushed || !outbox_.empty()) co_return;
  const auto& address = aggregate_.empty() ? target_.url.text() : aggregate_;
  rtsp::Headers none;
  auto answer = co_await ask("TEARDOWN", address, std::move(none), deadline);
  if (!answer && standing != nullptr && answer.error().code == Code::device_bad_credentials)
    standing->refused = true;
  if (!answer)
    log::debug("rtsp.teardown_unanswered", {{"why", answer.error().text()}, {"trace_id", target_.trace_id}});
}

rtsp::Request RtspClient::make(std::string_view method, const std::string& url, rtsp::Headers more) {
  rtsp::Request request;
  request.method = method;
  request.url = url;
  // Some devices want this spelling, and want it first.
  request.headers.add("CSeq", std::to_string(++cseq_));
  request.headers.add("User-Agent", std::string("camfleet/") + kVersion);
  if (!session_.id.empty()) request.headers.add("Session", session_.id);
  for (const auto& header : more) request.headers.add(header.name, header.value);
  return request;
}

net::Task<Result<rtsp::Response>> RtspClient::ask(std::string_view method, const std::string& url,
                                                  rtsp::Headers more, Deadline deadline,
                                                  model::Publisher* to) {
  digest::Attempt attempt{login_.client(), target_.url.secure()};
  for (bool refused = false;; refused = true) {
    auto authorization = login_.authorization(attempt, method, url);
    if (!authorization) co_return fail(std::move(authorization.error()));
    const bool told = !authorization->empty();
    auto request = make(method, url, more);
    if (told) request.headers.add("Authorization", std::move(*authorization));
    auto again = request;
    auto response = co_await exchange(std::move(request), deadline, to);
    // Some close the connection behind their challenge. Before a session was begun nothing is lost by that.
    if (!response && refused && session_.id.empty() && lost(response.error().code)) {
      stream_.close();
      if (auto connected = co_await connect(); !connected) co_return fail(std::move(connected.error()));
      response = co_await exchange(std::move(again), deadline, to);
    }
    if (!response) co_return fail(std::move(response.error()));
    const auto challenges = response->headers.all("WWW-Authenticate");
    auto verdict = attempt.answered(response->status, challenges);
    if (verdict.next == digest::Attempt::Verdict::Next::done) co_return std::move(*response);
    // A goodbye is not worth a second wrong answer.
    if (target_.standing && told && method == "TEARDOWN" && !says_stale(challenges))
      co_return fail(Code::device_bad_credentials, where(method));
    if (verdict.next == digest::Attempt::Verdict::Next::failed) {
      if (verdict.error.place.empty()) verdict.error.place = where(method);
      co_return fail(std::move(verdict.error));
    }
  }
}

net::Task<Result<rtsp::Response>> RtspClient::exchange(rtsp::Request request, Deadline deadline,
                                                       model::Publisher* to) {
  const auto step = request.method;
  outstanding_.sent(cseq_);
  const auto cseq = cseq_;
  const auto text = rtsp::serialise(request);
  int reads = 0;
  if (auto sent = co_await stream_.write(text, deadline); !sent) co_return fail(std::move(sent.error()));
  for (;;) {
    while (auto message = intake_.message()) {
      if (auto* asked = std::get_if<rtsp::Request>(&*message)) {
        if (auto served = serve(std::move(*asked)); !served) co_return fail(std::move(served.error()));
        continue;
      }
      auto& response = std::get<rtsp::Response>(*message);
      if (response.status < 200) continue;  // "100 Continue"
      if (outstanding_.answered(response) == cseq) co_return std::move(response);
    }
    if (auto flushed = flush_outbox(); !flushed) co_return fail(std::move(flushed.error()));

    const auto short_read = read(to);
    if (to != nullptr) to->flush();
    if (!short_read) co_return fail(short_read.error());
    // A phase ends in time even for a device that dribbles bytes without end.
    if (now() >= deadline) co_return fail(Code::net_timeout, where(step));
    if (intake_.has_message() || (!*short_read && ++reads % kReadsPerWakeUp != 0)) continue;
    auto readable = co_await stream_.wait_readable(deadline);
    if (!readable) {
      if (readable.error().code == Code::net_timeout) readable.error().place = where(step);
      co_return fail(std::move(readable.error()));
    }
  }
}

}  // namespace camfleet::device
