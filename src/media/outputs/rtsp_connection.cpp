#include "media/outputs/rtsp_connection.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "media/outputs/rtsp_reply.h"
#include "media/outputs/rtsp_sdp.h"
#include "net/address.h"
#include "net/scratch.h"
#include "net/within.h"
#include "proto/rtsp/rtp_info.h"
#include "proto/rtsp/session.h"

namespace camfleet::media {
namespace {

constexpr std::string_view kMethods =
    "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";
constexpr std::size_t kMaxTracks = 16;
constexpr std::uint16_t kLeastPort = 1024;

SteadyTime now() { return system_clock().steady(); }

bool is_any(std::string_view method, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, method) != list.end();
}

std::string content_base(const LivePath& path, bool secure) {
  return std::string{secure ? "rtsps://" : "rtsp://"} + path.authority + "/live/" + model::to_text(path.key) +
         "/";
}

}  // namespace

RtspConnection::RtspConnection(const RtspContext& context, net::Loop& loop, net::TaskGroup& tasks,
                               net::TcpStream stream, RtspHandover& carried)
    : context_(context),
      loop_(loop),
      viewer_(
          std::make_shared<RtspViewer>(std::move(stream), tasks, context.hubs.settings(), context.metrics)),
      remote_(viewer_->stream().remote()),
      parser_(std::move(carried.parser)),
      unread_(std::move(carried.unread)),
      first_(std::move(carried.request)),
      grant_(std::move(carried.grant)),
      wrong_tokens_(carried.wrong_tokens),
      accepted_(carried.accepted),
      authorised_(carried.authorised),
      last_request_(now()),
      partial_since_(accepted_),
      checked_(last_request_),
      window_(last_request_) {}

// Not in the coroutine that waits: a message would stay in its frame.
RtspConnection::Next RtspConnection::next_message(std::unique_ptr<rtsp::Request>& request) {
  ByteView in{unread_};
  auto message = parser_.next(in);
  unread_.erase(unread_.begin(), unread_.end() - static_cast<std::ptrdiff_t>(in.size()));
  if (!message) {
    broken_by_ = message.error();
    return Next::broken;
  }
  if (!*message) return Next::nothing;
  auto* found = std::get_if<rtsp::Request>(&**message);
  if (found == nullptr) return Next::other;
  request = std::make_unique<rtsp::Request>(std::move(*found));
  return Next::request;
}

net::Task<std::unique_ptr<RtspHandover>> RtspConnection::serve() {
  std::unique_ptr<rtsp::Request> request = std::move(first_);
  for (;;) {
    if (request) {
      const bool go_on = co_await handle(std::move(request));
      if (!go_on) break;
    }
    const Next next = next_message(request);
    if (next == Next::broken) {
      const rtsp::Request nameless;
      answer(nameless, rtsp_reply(400));
      viewer_->close(broken_by_);
      break;
    }
    if (next == Next::nothing) {
      if (partial_since_ == SteadyTime{} && !(parser_.idle() && unread_.empty())) partial_since_ = now();
      const bool more = co_await read_more();
      if (!more) break;
    } else if (asked_anything_) {
      // Receiver reports, and answers to what we never asked, say nothing that we need.
      partial_since_ = {};
    }
  }
  if (leaving_) co_return std::move(leaving_);
  viewer_->close(Error{Code::net_closed, {}, 0});
  if (grant_ && watched_) {
    log::info("media.viewer_left", {{"remote", net::to_string(remote_)},
                                    {"stream", model::to_text(grant_->stream)},
                                    {"code", name(viewer_->closed_for().code)},
                                    {"detail", viewer_->closed_for().place}});
  }
  co_return nullptr;
}

net::Task<bool> RtspConnection::read_more() {
  if (unread_.empty()) Bytes{}.swap(unread_);  // an idle connection holds no buffer
  const auto ready = co_await viewer_->stream().wait_readable(kNever);
  if (!ready) co_return false;
  const auto buffer = net::scratch();
  const auto got = viewer_->stream().try_read(buffer);
  if (!got) co_return false;
  input_ += *got;
  if (input_ > context_.settings.input_bytes && now() - window_ < context_.settings.input_window) {
    viewer_->close(Error{Code::rtsp_too_large, "viewer sends too much", 0});
    co_return false;
  }
  unread_.insert(unread_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
  co_return true;
}

net::Task<bool> RtspConnection::handle(std::unique_ptr<rtsp::Request> whole) {
  const rtsp::Request& request = *whole;
  last_request_ = now();
  partial_since_ = {};
  asked_anything_ = true;
  const auto reply = [&](int status) { answer(request, rtsp_reply(status)); };
  if (!rtsp::cseq(request.headers)) {
    reply(400);
    co_return true;
  }
  if (is_any(request.method, {"ANNOUNCE", "RECORD", "REDIRECT"})) {
    rtsp::Response response = rtsp_reply(405);
    response.headers.add("Allow", std::string(kMethods));
    answer(request, std::move(response));
    co_return true;
  }
  if (!is_any(request.method, {"OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER",
                               "SET_PARAMETER"})) {
    reply(501);
    co_return true;
  }
  if (const auto feature = request.headers.get("Require")) {
    rtsp::Response response = rtsp_reply(551);
    response.headers.add("Unsupported", std::string(*feature));
    answer(request, std::move(response));
    co_return true;
  }
  if (const auto header = request.headers.get("Session")) {
    const auto session = rtsp::parse_session(*header);
    if (session_.empty() || !session || session->id != session_) {
      reply(454);
      co_return true;
    }
  }
  if (is_any(request.method, {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER"})) {
    const bool everything = request.url == "*";
    const auto path = parse_live_url(request.url);
    if (!everything && !path && path.error().code == Code::url_invalid) {
      answer(request, rtsp_refusal(path.error()));
      co_return true;
    }
    rtsp::Response response;
    if (request.method == "OPTIONS") response.headers.add("Public", std::string(kMethods));
    answer(request, std::move(response));
    co_return true;
  }
  const bool go_on = co_await on_stream(request);
  co_return go_on;
}

net::Task<bool> RtspConnection::on_stream(const rtsp::Request& request) {
  const auto path = parse_live_url(request.url);
  if (!path) {
    answer(request, rtsp_refusal(path.error()));
    co_return true;
  }
  const bool opens = is_any(request.method, {"DESCRIBE", "SETUP"});
  const bool same = grant_ && grant_->stream == path->key;
  if (state_ == State::init ? !opens : !same) {  // a session is for one stream
    answer(request, rtsp_reply(455));
    co_return true;
  }
  if (!opens && !request.headers.has("Session")) {
    answer(request, rtsp_reply(454));
    co_return true;
  }
  if (opens) {
    if (!same) {
      const bool allowed = co_await authorise(request, *path);
      if (!allowed) co_return wrong_tokens_ < context_.settings.wrong_tokens;
    }
    const bool opened = co_await open(request, *path);
    if (!opened) co_return !leaving_;
  }
  if (request.method == "DESCRIBE") {
    describe(request, *path);
  } else if (request.method == "SETUP") {
    setup(request, *path);
  } else if (request.method == "PLAY") {
    co_return play(request, *path);
  } else if (request.method == "PAUSE") {
    if (state_ == State::playing) {
      viewer_->pause();
      state_ = State::ready;
      answer(request, rtsp_reply(200));
    } else {
      answer(request, rtsp_reply(455));
    }
  } else {
    teardown(request);
  }
  co_return true;
}

net::Task<bool> RtspConnection::authorise(const rtsp::Request& request, const LivePath& path) {
  if (request.headers.all("Authorization").size() > 1) {  // which of them is for others to guess
    answer(request, rtsp_reply(400));
    co_return false;
  }
  std::string token = basic_password(request.headers);
  if (token.empty()) token = path.token;
  auto admitted = context_.gate.admit(path.key, token);
  if (admitted && !grant_ && context_.settings.full && context_.settings.full()) {
    answer(request, rtsp_refusal(Error{Code::media_viewers_full, {}, 5}));
    co_return false;
  }
  if (admitted) {
    grant_ = std::move(*admitted);
    checked_ = authorised_ = now();
    lease_ = {};
    co_return true;
  }
  const Error error = admitted.error();
  // Players ask without a token first; that is no guess.
  if (!token.empty()) {
    ++wrong_tokens_;
    const auto delay = context_.attempts.failed(remote_.address(), now());
    log::info("media.viewer_refused", {{"remote", remote_.address().to_string()},
                                       {"stream", model::to_text(path.key)},
                                       {"code", name(error.code)}});
    co_await net::sleep_for(delay);
  }
  rtsp::Response response = rtsp_refusal(error);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Basic realm=\"camfleet\"");
  answer(request, std::move(response));
  co_return false;
}

// Moves to the stream's loop, or opens the stream where we are: on that loop, or where it has so many viewers
// that it is mirrored.
net::Task<bool> RtspConnection::open(const rtsp::Request& request, const LivePath& path) {
  const auto loop = context_.hubs.loop_of(path.key);
  if (!loop) {
    answer(request, rtsp_refusal(loop.error()));
    co_return false;
  }
  if (lease_ && lease_->live()) {
    if (generation_ == lease_->generation() || state_ == State::init) {
      generation_ = lease_->generation();
      co_return true;
    }
    answer(request, rtsp_refusal(Error{Code::media_changed, {}, 0}));
    co_return false;
  }
  if (*loop != &loop_ && !context_.hubs.mirrored(path.key)) co_return leave_for(**loop, request);
  if (asked_ == SteadyTime{}) asked_ = last_request_;
  auto opened = co_await context_.hubs.on(loop_).watch(path.key);
  if (!opened) {
    answer(request, rtsp_refusal(opened.error()));
    co_return false;
  }
  lease_ = std::move(*opened);
  opened_ = now();
  const bool changed = state_ != State::init && generation_ != lease_->generation();
  generation_ = lease_->generation();
  if (!changed) co_return true;
  answer(request, rtsp_refusal(Error{Code::media_changed, {}, 0}));
  end_session();
  co_return false;
}

bool RtspConnection::leave_for(net::Loop& loop, const rtsp::Request& request) {
  if (viewer_->blocked()) {  // a client that does not read its answers
    viewer_->close(Error{Code::media_slow_viewer, "answers", 0});
    return false;
  }
  lease_ = {};
  leaving_ = std::make_unique<RtspHandover>();
  leaving_->socket = viewer_->stream().release();
  leaving_->parser = std::move(parser_);
  leaving_->unread = std::move(unread_);
  leaving_->request = std::make_unique<rtsp::Request>(request);
  leaving_->grant = std::move(grant_);
  leaving_->wrong_tokens = wrong_tokens_;
  leaving_->accepted = accepted_;
  leaving_->authorised = authorised_;
  leaving_->to = &loop;
  return false;
}

void RtspConnection::describe(const rtsp::Request& request, const LivePath& path) {
  const auto accept = request.headers.get("Accept");
  if (accept && accept->find("application/sdp") == std::string_view::npos &&
      accept->find('*') == std::string_view::npos)
    return answer(request, rtsp_reply(406));
  const auto info = lease_->info();
  if (!info || info->tracks.empty()) return answer(request, rtsp_refusal(Error{Code::media_no_video, {}, 0}));
  rtsp::Response response;
  response.headers.add("Content-Base", content_base(path, viewer_->stream().secure()));
  response.headers.add("Content-Type", "application/sdp");
  response.headers.add("Cache-Control", "no-store");
  const auto address = viewer_->stream().local().address().to_string();
  response.body = media::describe(path.key, *info, address, generation_);
  answer(request, std::move(response));
}

bool RtspConnection::channel_taken(int channel) const {
  return std::ranges::any_of(
      mapped_, [&](const Mapped& m) { return m.channels.rtp == channel || m.channels.rtcp == channel; });
}

// What the client asks for, else the first free pair.
std::optional<rtsp::Pair> RtspConnection::choose_channels(const rtsp::Transport& offer) const {
  if (offer.interleaved) {
    const rtsp::Pair pair = *offer.interleaved;
    if (pair.rtp > 255 || pair.rtcp > 255 || pair.rtp == pair.rtcp) return std::nullopt;
    if (!channel_taken(pair.rtp) && !channel_taken(pair.rtcp)) return pair;
  }
  for (std::uint16_t i = 0; i < 256; i += 2) {
    const auto next = static_cast<std::uint16_t>(i + 1);
    if (!channel_taken(i) && !channel_taken(next)) return rtsp::Pair{i, next};
  }
  return std::nullopt;
}

std::optional<rtsp::Transport> RtspConnection::accept_tcp(const rtsp::Transport& offer, std::uint8_t track) {
  // Packets go back on this very connection, so an offer that names another place is none.
  if (!offer.destination.empty() || viewer_->over_udp()) return std::nullopt;
  rtsp::Transport chosen;
  chosen.interleaved = choose_channels(offer);
  if (!chosen.interleaved) return std::nullopt;
  mapped_.push_back({track, *chosen.interleaved});
  viewer_->map(track, static_cast<std::uint8_t>(chosen.interleaved->rtp),
               static_cast<std::uint8_t>(chosen.interleaved->rtcp));
  return chosen;
}

// Only to the address that this connection comes from, and to no port that a service of the system may have:
// nobody is to be flooded on a viewer's word. Not beside rtsps, which promises that nobody can look on.
std::optional<rtsp::Transport> RtspConnection::accept_udp(const rtsp::Transport& offer, std::uint8_t track) {
  const auto peer = net::normalised(remote_.address());
  const auto named = net::parse_address(offer.destination);
  const bool elsewhere = !offer.destination.empty() && (!named || *named != peer);
  const auto& ports = offer.client_port;
  const bool odd = !ports || ports->rtp < kLeastPort || ports->rtcp < kLeastPort || ports->rtp == ports->rtcp;
  const bool mixed = !mapped_.empty() && !viewer_->over_udp();
  const bool off = context_.udp == nullptr || context_.udp->empty();
  if (off || viewer_->stream().secure() || elsewhere || odd || mixed) return std::nullopt;
  auto& outlet = *context_.udp->at(loop_.index());
  const auto ours = outlet.open(net::normalised(viewer_->stream().local().address()));
  if (!ours) {
    log::warn("media.no_udp", {{"remote", net::to_string(remote_)}, {"why", ours.error().text()}});
    return std::nullopt;
  }
  mapped_.push_back({track, *ports});
  viewer_->map_udp(outlet, *context_.udp_metrics, track, *ports);
  rtsp::Transport chosen;
  chosen.lower = rtsp::Transport::Lower::udp;
  chosen.client_port = ports;
  chosen.server_port = *ours;
  return chosen;
}

void RtspConnection::setup(const rtsp::Request& request, const LivePath& path) {
  const auto reply = [&](int status) { answer(request, rtsp_reply(status)); };
  if (state_ == State::playing) return reply(455);
  const auto info = lease_->info();
  if (!info) return answer(request, rtsp_refusal(Error{Code::media_ended, {}, 0}));
  if (!path.track && info->tracks.size() != 1) return reply(459);
  const unsigned track = path.track.value_or(0);
  if (track >= info->tracks.size() || track >= kMaxTracks) return reply(404);
  if (std::ranges::any_of(mapped_, [&](const Mapped& m) { return m.track == track; })) return reply(459);

  const auto header = request.headers.get("Transport");
  if (!header) return reply(400);
  const auto offers = rtsp::parse_transports(*header);
  if (!offers) return reply(461);
  for (const rtsp::Transport& offer : *offers) {
    if (offer.secure || offer.multicast || (!offer.mode.empty() && offer.mode != "play")) continue;
    const auto chosen = offer.lower == rtsp::Transport::Lower::tcp
                            ? accept_tcp(offer, static_cast<std::uint8_t>(track))
                            : accept_udp(offer, static_cast<std::uint8_t>(track));
    if (!chosen) continue;
    if (session_.empty()) session_ = random_hex(16);
    state_ = State::ready;
    rtsp::Response response;
    response.headers.add("Transport", rtsp::serialise(*chosen));
    response.headers.add("Cache-Control", "no-store");
    return answer(request, std::move(response));
  }
  reply(461);
}

bool RtspConnection::play(const rtsp::Request& request, const LivePath& path) {
  if (state_ == State::playing) {  // a sign of life of some players (RFC 2326 section 10.5)
    rtsp::Response response;
    response.headers.add("Range", "npt=now-");
    answer(request, std::move(response));
    return true;
  }
  if (state_ != State::ready) {
    answer(request, rtsp_reply(455));
    return true;
  }
  if (!lease_->live() || lease_->generation() != generation_) {
    answer(request, rtsp_refusal(Error{Code::media_ended, {}, 0}));  // the tracks may be others now
    end_session();
    return true;
  }
  std::vector<rtsp::RtpInfo> tracks;
  for (const Mapped& mapped : mapped_) {
    rtsp::RtpInfo track;
    track.url = content_base(path, viewer_->stream().secure()) + track_control(mapped.track);
    if (const auto item = RtspViewer::first_item(*lease_, mapped.track)) {
      const model::Packet& packet = lease_->cache().at(*item);
      track.seq = load16(packet.rtp().data() + 2);
      track.rtptime = packet.timestamp;
    }
    tracks.push_back(std::move(track));
  }
  rtsp::Response response;
  response.headers.add("Range", "npt=now-");
  response.headers.add("RTP-Info", rtsp::serialise(tracks));
  answer(request, std::move(response));
  state_ = State::playing;
  watched_ = true;
  log::info("media.viewer_plays",
            {{"remote", net::to_string(remote_)}, {"stream", model::to_text(path.key)}});
  viewer_->play(
      *lease_, asked_,
      {.accepted = accepted_, .authorised = authorised_, .opened = opened_, .played = last_request_});
  asked_ = {};
  return true;
}

void RtspConnection::teardown(const rtsp::Request& request) {
  viewer_->pause();
  answer(request, rtsp_reply(200));
  end_session();
}

void RtspConnection::end_session() {
  viewer_->pause();
  viewer_->unmap();
  mapped_.clear();
  session_.clear();
  lease_ = {};
  state_ = State::init;
}

void RtspConnection::answer(const rtsp::Request& request, rtsp::Response response) {
  rtsp::Headers headers;
  if (const auto number = rtsp::cseq(request.headers)) headers.add("CSeq", std::to_string(*number));
  headers.add("Server", "camfleet");
  if (!session_.empty())
    headers.add("Session", rtsp::serialise(rtsp::Session{session_, rtsp::kDefaultSessionTimeout, true}));
  for (const rtsp::Header& header : response.headers) headers.add(header.name, header.value);
  response.headers = std::move(headers);
  viewer_->send(rtsp::serialise(response));
}

void RtspConnection::sweep(SteadyTime at) {
  if (leaving_ || !viewer_->stream().open()) return;
  const RtspSettings& settings = context_.settings;
  viewer_->sweep(at);
  if (at - window_ >= settings.input_window) {
    window_ = at;
    input_ = 0;
  }
  if (grant_ && at - checked_ >= settings.recheck) {
    checked_ = at;
    if (!context_.gate.still_good(*grant_)) {
      context_.metrics.revoked.add();
      return viewer_->close(Error{Code::auth_revoked, model::to_text(grant_->stream), 0});
    }
  }
  if (partial_since_ != SteadyTime{} && at - partial_since_ >= settings.head_timeout)
    return viewer_->close(Error{Code::net_timeout, "request", 0});
  if (!grant_ && at - accepted_ >= settings.grant_timeout)
    return viewer_->close(Error{Code::auth_missing, "no token in time", 0});
  // Over TCP the packets that it takes are its signs of life.
  if (state_ == State::playing && !viewer_->over_udp()) return;
  if (at - std::max(last_request_, viewer_->last_report()) >= settings.idle_timeout)
    viewer_->close(Error{Code::net_timeout, "idle", 0});
}

}  // namespace camfleet::media
