// A conversation with the RTSP server, decoded from the input as a list of steps: requests of every method
// and shape, raw bytes, pieces, packets of the camera, its end, a revoked token, time. Three clients, two
// loops, the hubs and the connections as they are; only the sockets are pairs, and all of it runs on this
// thread.
//
// Each answer belongs to a request that was sent, in order, once; states are those of RFC 2326; a packet goes
// to nobody who was not admitted and does not play, on no channel that was not given; memory stays bounded;
// in the end everything unwinds.
#include <sanitizer/allocator_interface.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bitset>
#include <deque>
#include <map>

#include "base/text.h"
#include "fuzz.h"
#include "media/outputs/rtsp_connection.h"
#include "media/testing/fake_video.h"
#include "net/loop_groups.h"
#include "proto/rtsp/session.h"
#include "proto/rtsp/transport.h"

using namespace camfleet;
using fuzz::require;

namespace {

constexpr std::string_view kToken = "kJ3vQ9xLw0aT";
constexpr std::size_t kMemory = 6 * 1024 * 1024;
constexpr int kSteps = 96;

model::StreamInfo two_tracks() {
  auto info = media::testing::FakeVideo::info();
  model::Track audio;
  audio.media = model::Media::audio;
  audio.codec = model::Codec::pcmu;
  audio.payload_type = 0;
  audio.clock_rate = 8000;
  audio.encoding = "PCMU";
  info.tracks.push_back(audio);
  return info;
}

// A fleet of two devices, one for each loop, which send what the input says.
class Source final : public model::StreamSource {
 public:
  explicit Source(net::Loops& loops) : loops_(loops) {}
  Result<net::Loop*> loop_of(const model::DeviceId& device) override {
    if (device.str() == "cam") return &loops_.at(0);
    if (device.str() == "yard") return &loops_.at(1);
    return fail(Code::device_unknown, device.str());
  }
  net::Task<Error> pull(model::StreamKey key, model::Publisher& to) override {
    if (refuse != Code::ok) co_return Error{refuse, {}, 0};
    const net::Executor executor = co_await net::asio::this_coro::executor;
    Pull pull{&to, net::Event{executor}, {}};
    struct Listed {
      std::map<std::string, Pull*>& list;
      std::string name;
      ~Listed() { list.erase(name); }
    } const listed{pulls_, model::to_text(key)};
    pulls_[listed.name] = &pull;
    to.start(two_tracks());
    co_await pull.over.wait();
    co_return pull.why;
  }
  void publish(std::size_t which, int frames) {
    auto* pull = at(which);
    for (int i = 0; pull != nullptr && i < frames; ++i) media::testing::publish(*pull->to, video_.frame());
  }
  void sound(std::size_t which) {
    if (auto* pull = at(which)) {
      pull->to->packet(media::testing::rtp_packet(1, 7, 160, true, Bytes(40, 0x55), 0));
      pull->to->packet(media::testing::rtcp_packet(0));
      pull->to->flush();
    }
  }
  void stop(std::size_t which, Code why) {
    if (auto* pull = at(which)) {
      was_away = true;
      pull->why = Error{why, {}, 0};
      pull->over.set();
    }
  }
  Code refuse = Code::ok;
  bool was_away = false;  // viewers may have had to wait for it since

 private:
  struct Pull {
    model::Publisher* to;
    net::Event over;
    Error why;
  };
  Pull* at(std::size_t which) {
    if (pulls_.empty()) return nullptr;
    return std::next(pulls_.begin(), static_cast<std::ptrdiff_t>(which % pulls_.size()))->second;
  }
  net::Loops& loops_;
  std::map<std::string, Pull*> pulls_;
  media::testing::FakeVideo video_{5, 2, 60};
};

// Each client has a gate of its own, so that it is known who was admitted.
class Gate final : public model::LiveGate {
 public:
  Result<model::Grant> admit(const model::StreamKey& stream, std::string_view token) const override {
    if (token.empty()) return fail(Code::auth_missing);
    if (token == "other") return fail(Code::auth_wrong_stream);
    if (token != kToken || revoked) return fail(Code::auth_invalid);
    ++admitted;
    return model::Grant{"t", stream, {}};
  }
  bool still_good(const model::Grant&) const override { return !revoked; }
  mutable int admitted = 0;
  bool revoked = false;
};

const media::RtspSettings& settings() {
  static const media::RtspSettings one = [] {
    media::RtspSettings s;
    s.wrong_token_delay = s.wrong_token_delay_max = std::chrono::milliseconds{0};
    s.input_bytes = 3000;
    return s;
  }();
  return one;
}

media::Settings stream_settings() {
  media::Settings s;
  s.linger = s.failure_memory = std::chrono::milliseconds{0};
  s.window.bytes = s.lag.bytes = 64 * 1024;
  return s;
}

// What a client knows: what it sent, and what it may therefore receive.
class Client {
 public:
  Client(media::Hubs& hubs, media::Attempts& attempts, media::OutputMetrics& metrics)
      : context{hubs, gate, settings(), attempts, metrics} {}  // over TCP alone
  ~Client() { close(); }

  int connect() {
    close();
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    const int small = 8 * 1024;
    ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    fd_ = ends[0];
    return ends[1];
  }
  bool open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    sent_ = rtsp::Parser{};
    got_ = rtsp::Parser{};
    sent_rest_.clear();
    got_rest_.clear();
    expected_.clear();
    session_.clear();
    channels_.reset();
    broken_ = told_broken_ = playing_ = ready_ = deaf = false;
    gate.admitted = 0;
    gate.revoked = false;
    cseq_ = 0;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  void send(std::string_view bytes) {
    const auto put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put <= 0 || broken_) return;
    sent_rest_.append(bytes.substr(0, static_cast<std::size_t>(put)));
    auto in = as_bytes(sent_rest_);
    for (;;) {
      auto message = sent_.next(in);
      if (!message) broken_ = true;
      if (!message || !*message) break;
      if (auto* request = std::get_if<rtsp::Request>(&**message))
        expected_.push_back({request->method, rtsp::cseq(request->headers)});
    }
    sent_rest_.erase(0, sent_rest_.size() - in.size());
  }

  // True where there was something.
  bool receive() {
    if (fd_ < 0 || deaf) return false;
    char buffer[16 * 1024];
    const auto got = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) return false;
    got_rest_.append(buffer, static_cast<std::size_t>(got));
    auto in = as_bytes(got_rest_);
    for (;;) {
      auto message = got_.next(in);
      require(message.has_value());
      if (!*message) break;
      if (const auto* response = std::get_if<rtsp::Response>(&**message))
        answered(*response);
      else if (const auto* frame = std::get_if<rtsp::Frame>(&**message))
        require(playing_ && channels_[frame->channel]);
      else
        require(false);
    }
    got_rest_.erase(0, got_rest_.size() - in.size());
    return true;
  }
  const std::string& session() const { return session_; }
  std::uint32_t next_cseq() { return ++cseq_; }

  Gate gate;
  media::RtspContext context;
  media::RtspConnection* connection = nullptr;  // its end that serves, while there is one
  bool deaf = false;                            // does not read

 private:
  struct Asked {
    std::string method;
    std::optional<std::uint32_t> cseq;
  };

  void answered(const rtsp::Response& response) {
    if (expected_.empty()) {  // one word at what is no message, and no more
      require(broken_ && response.status == 400 && !told_broken_);
      told_broken_ = true;
      return;
    }
    const auto asked = expected_.front();
    expected_.pop_front();
    require(rtsp::cseq(response.headers) == asked.cseq);
    if (response.status != 200) return;
    if (asked.method == "DESCRIBE" || asked.method == "SETUP") require(gate.admitted > 0);
    if (asked.method == "SETUP") {
      require(!playing_);
      ready_ = true;
      session_ = rtsp::parse_session(response.headers.get("Session").value_or("")).value().id;
      require(session_.size() == 32);
      const auto transport = rtsp::parse_transport(response.headers.get("Transport").value_or(""));
      require(transport && transport->interleaved);
      require(!channels_[transport->interleaved->rtp] && !channels_[transport->interleaved->rtcp]);
      channels_.set(transport->interleaved->rtp).set(transport->interleaved->rtcp);
    } else if (asked.method == "PLAY") {
      require(ready_);
      playing_ = true;
    } else if (asked.method == "PAUSE") {
      require(playing_);
      playing_ = false;
    } else if (asked.method == "TEARDOWN") {
      require(ready_);
      playing_ = ready_ = false;
      channels_.reset();
    } else {
      require(asked.method == "OPTIONS" || asked.method == "DESCRIBE" || asked.method == "GET_PARAMETER" ||
              asked.method == "SET_PARAMETER");
    }
  }

  int fd_ = -1;
  rtsp::Parser sent_, got_;
  std::string sent_rest_, got_rest_;
  std::deque<Asked> expected_;
  std::string session_;
  std::bitset<256> channels_;
  bool broken_ = false;  // what it sent is no RTSP from here on
  bool told_broken_ = false;
  bool playing_ = false;
  bool ready_ = false;
  std::uint32_t cseq_ = 0;
};

class World {
 public:
  World() : attempts_({}, {}), groups_(loops_, "rtsp") {
    for (auto& client : clients_) client = std::make_unique<Client>(hubs_, attempts_, metrics());
    settle();
    before_ = __sanitizer_get_current_allocated_bytes();
  }
  ~World() {
    for (auto& client : clients_) client->close();
    settle();
    // Who asked for a stream whose camera is away may still be waiting for it: for a time, which does not
    // pass here.
    finish(hubs_.stop());
    for (const auto& client : clients_) require(client->connection == nullptr);
    finish(groups_.stop());
  }

  void step(fuzz::Input& input) {
    const auto what = input.byte();
    auto& client = *clients_[(what >> 4) % clients_.size()];
    switch (what & 15) {
      case 0:
      case 1:
        connect(client);
        break;
      default:
        if (!client.open()) connect(client);
        if (client.open()) request(client, input);
        break;
      case 10:
        if (client.open()) client.send(as_text(input.take(input.byte())));
        break;
      case 11:
        if (client.open()) interleaved(client, input);
        break;
      case 12:
        if ((what & 0x80) != 0)
          source_.sound(what >> 4);
        else
          source_.publish(what >> 4, 1 + input.byte() % 8);
        break;
      case 13:
        camera(input);
        break;
      case 14:
        pass(input.byte());
        break;
      case 15:
        client_does(client, input.byte());
        break;
    }
    settle();
    require(__sanitizer_get_current_allocated_bytes() < before_ + kMemory);
  }

 private:
  static media::OutputMetrics& metrics() {
    static media::OutputMetrics one{"rtsp"};
    return one;
  }

  void connect(Client& client) {
    client.close();
    settle();
    if (client.connection != nullptr) {  // it waits for a stream, and has not seen yet that its client left
      require(source_.was_away);
      return;
    }
    auto fresh = std::make_unique<media::RtspHandover>();
    fresh->socket = net::Descriptor{client.connect()};
    fresh->accepted = now_;
    begin(client, loops_.at(0), std::move(fresh));
  }
  void begin(Client& client, net::Loop& loop, std::unique_ptr<media::RtspHandover> carried) {
    groups_.on(loop).spawn(serve(*this, client, loop, std::move(carried)));
  }
  static net::Task<> serve(World& world, Client& client, net::Loop& loop,
                           std::unique_ptr<media::RtspHandover> carried) {
    auto stream = net::TcpStream::adopt(loop.executor(), std::move(carried->socket));
    require(stream.has_value());
    media::RtspConnection connection{client.context, loop, world.groups_.on(loop), std::move(*stream),
                                     *carried};
    carried.reset();
    struct Served {
      Client& client;
      ~Served() { client.connection = nullptr; }
    };
    std::unique_ptr<media::RtspHandover> next;
    {
      client.connection = &connection;
      const Served served{client};
      next = co_await connection.serve();
    }
    if (!next) co_return;
    net::Loop& to = *next->to;
    world.begin(client, to, std::move(next));
  }

  void request(Client& client, fuzz::Input& input) {
    static constexpr std::string_view kMethods[] = {
        "DESCRIBE",      "SETUP",         "PLAY",   "PAUSE",    "TEARDOWN", "OPTIONS",  "SETUP",    "PLAY",
        "GET_PARAMETER", "SET_PARAMETER", "RECORD", "ANNOUNCE", "REDIRECT", "DESCRIBE", "TEARDOWN", "JUMP"};
    static constexpr std::string_view kUrls[] = {"rtsp://h/live/cam/1/main",
                                                 "rtsp://h/live/cam/1/main/trackID=0",
                                                 "rtsp://h/live/cam/1/main/trackID=1",
                                                 "rtsp://h/live/yard/1/main",
                                                 "rtsp://h/live/yard/1/main/trackID=0",
                                                 "rtsp://h/live/yard/1/main/trackID=1",
                                                 "*",
                                                 "rtsp://h/live/nobody"};
    static constexpr std::string_view kTransports[] = {
        "",
        "RTP/AVP/TCP;unicast;interleaved=0-1",
        "RTP/AVP/TCP;unicast;interleaved=2-3",
        "RTP/AVP/TCP;interleaved=254-255",
        "RTP/AVP/TCP;interleaved=5-5",
        "RTP/AVP/TCP",
        "RTP/AVP/TCP;unicast;destination=10.0.0.9;interleaved=0-1",
        "RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1"};
    const auto what = input.byte();
    const auto how = input.byte();
    std::string text{kMethods[what & 15]};
    text += " ";
    text += kUrls[what >> 4 & 7];
    if ((what & 0x80) != 0 && kUrls[what >> 4 & 7] != "*") text += "?token=" + std::string(kToken);
    text += " RTSP/1.0\r\n";
    if ((how & 0x80) == 0) text += "CSeq: " + std::to_string(client.next_cseq()) + "\r\n";
    switch (how & 7) {
      case 1:
      case 2:
        text += "Authorization: Basic " + to_base64(as_bytes("live:" + std::string(kToken))) + "\r\n";
        break;
      case 3:
        text += "Authorization: Basic " + to_base64(as_bytes("live:wrong")) + "\r\n";
        break;
      case 4:
        text += "Authorization: Basic " + to_base64(as_bytes("live:other")) + "\r\n";
        break;
      case 5:
        text += "Require: implicit-play\r\n";
        break;
      case 6:
        text += "Accept: text/html\r\n";
        break;
      default:
        break;
    }
    const auto& of = (how >> 3 & 1) != 0 ? *clients_[(what + 1U) % clients_.size()] : client;
    if (!of.session().empty() && (how & 0x10) == 0) text += "Session: " + of.session() + "\r\n";
    const auto transport = kTransports[(how >> 5 & 3) | (how & 0x10) >> 2];
    if (!transport.empty()) text += "Transport: " + std::string(transport) + "\r\n";
    if ((how & 7) == 7) text += as_text(input.take(input.byte() % 64U));
    text += "\r\n";
    if (how % 5 == 0) {  // in two pieces
      const auto cut = input.byte() % text.size();
      client.send(std::string_view{text}.substr(0, cut));
      settle();
      text.erase(0, cut);
    }
    if (client.open()) client.send(text);
  }

  static void interleaved(Client& client, fuzz::Input& input) {
    const std::size_t size = input.byte() * 4U;
    std::string frame(4 + size, '\0');
    frame[0] = '$';
    frame[1] = static_cast<char>(input.byte());
    frame[2] = static_cast<char>(size >> 8);
    frame[3] = static_cast<char>(size & 0xFF);
    const auto bytes = input.take(size);
    std::copy(bytes.begin(), bytes.end(), frame.begin() + 4);
    client.send(frame);
  }

  void camera(fuzz::Input& input) {
    const auto what = input.byte();
    static constexpr Code kCodes[] = {Code::net_closed, Code::media_stalled, Code::device_offline,
                                      Code::device_busy};
    if ((what & 1) != 0)
      source_.stop(what >> 3, kCodes[what >> 1 & 3]);
    else
      source_.refuse = (what & 2) != 0 ? kCodes[what >> 2 & 3] : Code::ok;
  }

  void pass(std::uint8_t much) {
    static constexpr int kSeconds[] = {1, 9, 11, 31, 61, 10, 2, 5};
    now_ = std::max(now_ + std::chrono::seconds{kSeconds[much & 7]}, system_clock().steady());
    for (const auto& client : clients_)
      if (client->connection != nullptr) client->connection->sweep(now_);
  }

  void client_does(Client& client, std::uint8_t what) {
    if (!client.open()) return;
    switch (what & 3) {
      case 0:
        client.close();
        break;
      case 1:
        client.half_close();
        break;
      case 2:
        client.deaf = !client.deaf;
        break;
      case 3:  // the token is taken back: at the next look the connection is over
        client.gate.revoked = true;
        now_ = std::max(now_, system_clock().steady()) + settings().recheck;
        if (client.connection == nullptr || client.gate.admitted == 0) break;
        client.connection->sweep(now_);
        settle();
        require(client.connection == nullptr || source_.was_away);
        break;
    }
  }

  // Until nothing moves any more. What goes on for ever by itself is a fault.
  void settle() {
    for (int rounds = 0;; ++rounds) {
      require(rounds < 10'000);
      std::size_t done = 0;
      for (std::size_t i = 0; i < loops_.size(); ++i) {
        auto& context = static_cast<net::asio::io_context&>(
            net::asio::query(loops_.at(i).executor(), net::asio::execution::context));
        context.restart();
        done += context.poll();
      }
      for (const auto& client : clients_) done += client && client->receive() ? 1 : 0;
      if (done == 0) return;
    }
  }

  void finish(net::Task<> task) {
    bool done = false;
    net::TaskGroup group{loops_.at(0).executor(), "finish"};
    group.spawn(told(std::move(task), done));
    settle();
    require(done && group.size() == 0);
  }
  static net::Task<> told(net::Task<> task, bool& done) {
    co_await std::move(task);
    done = true;
  }

  net::Loops loops_{2};  // never started: they are turned in settle()
  Source source_{loops_};
  media::Hubs hubs_{source_, loops_, stream_settings()};
  media::Attempts attempts_;
  std::array<std::unique_ptr<Client>, 3> clients_;
  net::LoopGroups groups_;
  SteadyTime now_ = system_clock().steady();
  std::size_t before_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  World world;
  for (int steps = 0; steps < kSteps && !input.empty(); ++steps) world.step(input);
  return 0;
}
