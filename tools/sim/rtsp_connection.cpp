#include "sim/rtsp_connection.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.h"
#include "net/address.h"
#include "net/scratch.h"
#include "net/within.h"
#include "proto/rtsp/rtp_info.h"
#include "proto/rtsp/session.h"
#include "proto/rtsp/transport.h"
#include "sim/description.h"
#include "sim/silence.h"

namespace camfleet::sim {
namespace {

constexpr std::chrono::milliseconds kSlowStep{40};
constexpr std::string_view kMethods =
    "OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP, TEARDOWN, SET_PARAMETER, GET_PARAMETER";

rtsp::Response status(int code) {
  rtsp::Response response;
  response.status = code;
  return response;
}

// Not the form of the RFC, but the one that cameras use.
std::string camera_date(WallTime now) {
  return fmt::format(" {:%a, %b %d %Y %H:%M:%S} GMT", std::chrono::floor<std::chrono::seconds>(now));
}

}  // namespace

RtspConnection::RtspConnection(Device& device, Shard& shard, const Clips& clips, net::TcpStream stream,
                               std::uint64_t seed)
    : device_(device),
      playout_(shard.playout),
      udp_(shard.udp),
      clips_(clips),
      stream_(std::move(stream)),
      presence_(device_, stream_),
      outlet_(stream_, &device_.faults()),
      rng_(seed),
      authority_(net::to_string(stream_.local())),
      last_heard_(device.clock().steady()) {}

RtspConnection::~RtspConnection() { end_session(); }

net::Task<> RtspConnection::run() {
  for (;;) {
    // Answers first: while nothing plays, nobody else empties the outlet.
    while (outlet_.blocked() && (!player_ || way_)) {
      if (outlet_.slow()) co_await net::sleep_for(kSlowStep);
      const auto writable = co_await stream_.wait_writable(deadline());
      if (!writable || !outlet_.flush()) co_return;
    }
    if (closing_ || outlet_.dead()) co_return;
    auto buffer = net::scratch();
    const auto got = co_await stream_.read_some(buffer, deadline());
    if (got) {
      last_heard_ = device_.clock().steady();
      if (device_.faults().on(Fault::silence)) {
        // What lies in the buffer of the loop is somebody else's by then.
        const Bytes said(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
        const auto awake = co_await wait_out_silence(device_, stream_);
        if (!awake || !take(said)) co_return;
        continue;
      }
      if (!take(ByteView{buffer}.first(*got))) co_return;
      continue;
    }
    if (got.error().code != Code::net_timeout) co_return;
    if (deadline() > device_.clock().steady()) continue;  // pictures were taken meanwhile
    if (session_) add(device_.counters().timeouts);
    co_return;
  }
}

// A session over TCP lives as long as its data is taken, also without a request.
SteadyTime RtspConnection::deadline() const {
  const auto last = way_      ? std::max(last_heard_, way_->last_report())
                    : player_ ? std::max(last_heard_, outlet_.last_taken())
                              : last_heard_;
  return last + device_.settings().session_timeout;
}

bool RtspConnection::take(ByteView bytes) {
  Bytes joined;
  if (!rest_.empty()) {
    joined.swap(rest_);
    joined.insert(joined.end(), bytes.begin(), bytes.end());
    bytes = joined;
  }
  for (rtsp::Frame frame;;) {
    if (parser_.take_frame(bytes, frame)) continue;  // receiver reports
    const auto message = parser_.next(bytes);
    if (!message) {
      send_text("RTSP/1.0 400 Bad Request\r\n\r\n");
      return false;
    }
    if (!*message) break;
    if (const auto* request = std::get_if<rtsp::Request>(&**message); request && !answer(*request))
      return false;
  }
  rest_.assign(bytes.begin(), bytes.end());
  return true;
}

bool RtspConnection::answer(const rtsp::Request& request) {
  add(device_.counters().rtsp_requests);
  auto response = handle(request);
  rtsp::Headers headers;
  if (const auto cseq = request.headers.get("CSeq")) headers.add("CSeq", std::string{trim(*cseq)});
  for (const auto& header : response.headers) headers.add(header.name, header.value);
  headers.add("Date", camera_date(device_.clock().wall()));
  response.headers = std::move(headers);
  return send_text(rtsp::serialise(response));
}

bool RtspConnection::send_text(std::string_view text) {
  const ByteView part = as_bytes(text);
  return outlet_.send(std::span{&part, 1});
}

rtsp::Response RtspConnection::handle(const rtsp::Request& request) {
  const auto& method = request.method;
  if (method == "OPTIONS") {
    auto response = status(200);
    response.headers.add("Public", std::string{kMethods});
    return response;
  }
  if (auto refusal = refuse_login(request)) return *refusal;
  if (auto refusal = refuse_session(method)) return *refusal;
  if (const auto required = request.headers.get("Require")) {
    auto response = status(551);
    response.headers.add("Unsupported", std::string{*required});
    return response;
  }
  if (method == "DESCRIBE") return describe(request);
  if (method == "SETUP") return setup(request);
  if (method == "GET_PARAMETER" || method == "SET_PARAMETER") {
    if (request.headers.has("Session") && !owns_session(request)) return status(454);
    auto response = status(200);
    if (session_) response.headers.add("Session", session_->id);
    return response;
  }
  if (method == "PLAY" || method == "PAUSE" || method == "TEARDOWN") {
    if (!owns_session(request)) return status(454);
    if (method == "PLAY") return play(request);
    return method == "PAUSE" ? pause() : teardown();
  }
  return status(501);
}

std::optional<rtsp::Response> RtspConnection::refuse_login(const rtsp::Request& request) {
  const auto now = device_.clock().steady();
  auto& account = device_.account();
  const auto authorization = request.headers.get("Authorization").value_or("");
  const auto verdict = account.check(Account::Door::rtsp, authorization, request.method, request.url, now);
  if (verdict == Account::Verdict::ok) return std::nullopt;
  auto response = status(401);
  for (auto& challenge : account.challenges(Account::Door::rtsp, verdict, now))
    response.headers.add("WWW-Authenticate", std::move(challenge));
  return response;
}

// Full, or what some say for it.
std::optional<rtsp::Response> RtspConnection::refuse_session(std::string_view method) {
  auto& faults = device_.faults();
  if (session_ || !faults.on(Fault::sessions_full)) return std::nullopt;
  const auto how = device_.full_answer();
  if (method != "SETUP" && (how == FullAnswer::busy_453 || method != "DESCRIBE")) return std::nullopt;
  faults.count(Fault::sessions_full);
  add(device_.counters().sessions_refused);
  return status(how == FullAnswer::busy_453 ? 453 : how == FullAnswer::busy_503 ? 503 : 401);
}

std::optional<StreamPath> RtspConnection::stream_of(const rtsp::Request& request) const {
  auto path = parse_stream_url(request.url);
  if (path && path->channel > device_.identity().channels) return std::nullopt;
  return path;
}

const Sound* RtspConnection::sound() const { return clips_.sounds.of(device_.identity().audio); }

View RtspConnection::view_of_stream(const StreamPath& path) const {
  return view_of(device_, clips_, path.channel, path.profile, device_.clock().steady());
}

std::string RtspConnection::url_of(const StreamPath& path) const {
  return fmt::format("rtsp://{}{}", authority_, path.path);
}

rtsp::Response RtspConnection::describe(const rtsp::Request& request) {
  const auto path = stream_of(request);
  if (!path) return status(404);
  const auto url = url_of(*path);
  const Description about{
      .host = device_.address(),
      .url = url,
      .query = path->query,
      .id = static_cast<std::uint64_t>(device_.clock().wall().time_since_epoch().count())};
  auto response = status(200);
  response.headers.add("Content-Type", "application/sdp");
  response.headers.add("Content-Base", url + "/");
  const auto& clip = *view_of_stream(*path).clip;
  const auto audio = device_.identity().audio;
  response.body = device_.identity().nvr ? recorder_sdp(about, clip, audio, sound())
                                         : camera_sdp(about, clip, audio, sound());
  return response;
}

rtsp::Response RtspConnection::setup(const rtsp::Request& request) {
  const auto path = stream_of(request);
  if (!path || (path->sound && sound() == nullptr)) return status(404);
  if (player_) return status(455);
  const auto offers = rtsp::parse_transports(request.headers.get("Transport").value_or(""));
  if (!offers) return status(offers.error().code == Code::rtsp_no_transport ? 461 : 400);
  const auto* offer = choose(*offers);
  if (offer == nullptr) return status(461);
  if (session_ && request.headers.has("Session") && !owns_session(request)) return status(454);
  if (!session_) {
    if (!device_.take_session()) return status(453);
    session_.emplace();
    session_->id = fmt::format("{:>17}", 100'000'000 + rng_.below(900'000'000));
  }
  const bool over_udp = offer->lower == rtsp::Transport::Lower::udp;
  const auto channels = offer->interleaved.value_or(path->sound ? rtsp::Pair{2, 3} : rtsp::Pair{0, 1});
  const TrackStart start{.ssrc = static_cast<std::uint32_t>(rng_()),
                         .sequence = static_cast<std::uint16_t>(rng_()),
                         .timestamp = static_cast<std::uint32_t>(rng_()),
                         .channel = static_cast<std::uint8_t>(channels.rtp)};
  session_->path = *path;
  (path->sound ? session_->sound : session_->pictures) = start;
  auto response = status(200);
  response.headers.add(
      "Session", fmt::format("{};timeout={}", session_->id, device_.settings().session_timeout.count()));
  const auto where =
      over_udp ? fmt::format("RTP/AVP;unicast;client_port={}-{};server_port={}-{}", offer->client_port->rtp,
                             offer->client_port->rtcp, udp_.ports().rtp, udp_.ports().rtcp)
               : fmt::format("RTP/AVP/TCP;unicast;interleaved={}-{}", channels.rtp, channels.rtcp);
  // The SSRC is padded with a blank where it has only seven digits, as cameras do.
  response.headers.add("Transport", fmt::format("{};ssrc={:8x};mode=\"play\"", where, start.ssrc));
  auto& way = path->sound ? sound_way_ : way_;
  way.reset();
  if (over_udp)
    way = udp_.way(stream_.local().address(), stream_.remote().address(), *offer->client_port,
                   device_.counters());
  return response;
}

const rtsp::Transport* RtspConnection::choose(const std::vector<rtsp::Transport>& offers) const {
  const auto found = std::ranges::find_if(offers, [&](const rtsp::Transport& transport) {
    if (transport.secure || transport.multicast) return false;
    if (transport.lower == rtsp::Transport::Lower::tcp) return true;
    return udp_.open() && transport.client_port && transport.destination.empty();
  });
  return found == offers.end() ? nullptr : &*found;
}

bool RtspConnection::owns_session(const rtsp::Request& request) const {
  if (!session_) return false;
  const auto header = request.headers.get("Session");
  if (!header) return true;  // some clients leave it out, and there is only one
  const auto named = rtsp::parse_session(*header);
  return named && named->id == trim(session_->id);
}

rtsp::Response RtspConnection::play(const rtsp::Request&) {
  auto& session = *session_;
  if (!player_) {
    const auto round = playout_.round();
    const auto paused = session.played ? round - session.paused_at : 0;
    const auto view = view_of_stream(session.path);
    const auto way_for = [this](const std::unique_ptr<UdpWay>& way) -> Way& {
      return way ? static_cast<Way&>(*way) : outlet_;
    };
    auto pictures = session.pictures.value_or(TrackStart{});
    pictures.timestamp += static_cast<std::uint32_t>(paused * kTicksPerFrame);
    player_ = std::make_unique<Player>(*view.clip, way_for(way_), device_.counters(), pictures,
                                       frame_of(view, round, device_), &device_.packet_fate());
    player_->suffer(device_.faults());
    player_->watch([this] { return view_of_stream(session_->path); });
    if (session.sound) {
      auto start = *session.sound;
      start.timestamp += static_cast<std::uint32_t>(paused * sound()->clock_rate() / kFramesPerSecond);
      player_->add_sound(*sound(), payload_type_of(device_.identity().audio), way_for(sound_way_), start,
                         !session.pictures);
    }
    if (way_ || sound_way_) add(device_.counters().udp_plays);
    outlet_.touch(device_.clock().steady());
    session.played = true;
    playout_.add(*player_, device_.identity().index);
    device_.plays(*player_, session.path.channel, session.path.profile);
  }
  auto response = status(200);
  response.headers.add("Session", session.id);
  if (!device_.identity().nvr) {
    std::vector<rtsp::RtpInfo> infos;
    const auto add_info = [&](int track, std::uint16_t sequence, std::uint32_t timestamp) {
      auto& info = infos.emplace_back();
      info.url = fmt::format("{}/trackID={}{}", url_of(session.path), track, session.path.query);
      info.seq = sequence;
      info.rtptime = timestamp;
    };
    if (session.pictures) add_info(1, player_->sequence(), player_->timestamp());
    if (const auto* sound = player_->sound()) add_info(2, sound->sequence(), sound->timestamp());
    response.headers.add("RTP-Info", rtsp::serialise(infos));
  }
  return response;
}

rtsp::Response RtspConnection::pause() {
  stop_playing();
  auto response = status(200);
  response.headers.add("Session", session_->id);
  return response;
}

rtsp::Response RtspConnection::teardown() {
  add(device_.counters().teardowns);
  auto response = status(200);
  response.headers.add("Session", session_->id);
  end_session();
  closing_ = true;
  return response;
}

void RtspConnection::stop_playing() {
  if (!player_) return;
  device_.plays_no_more(*player_);
  playout_.remove(*player_, device_.identity().index);
  if (session_->pictures) {
    session_->pictures->sequence = player_->sequence();
    session_->pictures->timestamp = player_->timestamp();
  }
  if (session_->sound && player_->sound() != nullptr) {
    session_->sound->sequence = player_->sound()->sequence();
    session_->sound->timestamp = player_->sound()->timestamp();
  }
  session_->paused_at = playout_.round();
  player_.reset();
}

void RtspConnection::end_session() {
  if (!session_) return;
  stop_playing();
  way_.reset();
  sound_way_.reset();
  session_.reset();
  device_.give_session();
}

}  // namespace camfleet::sim
