// The RTSP client against a hostile camera, decoded from the input as a list of steps: answers of every kind,
// in order or not, challenges, redirects, descriptions, packets, requests of its own, junk, silence, ends.
//
// Once the camera is gone the client ends; it never sends a password in Basic, answers no more challenges
// than it should, keeps to the host that it was told, hands on only packets that it announced; memory stays
// bounded.
#include <sanitizer/allocator_interface.h>

#include <thread>

#include "base/text.h"
#include "device/rtsp/client.h"
#include "proto/rtp/packet.h"
#include "scripted_peer.h"

using namespace camfleet;
using fuzz::require;

namespace {

constexpr std::size_t kMemory = 4 * 1024 * 1024;
constexpr int kSteps = 64;

class Password final : public model::PasswordSource {
 public:
  Result<Secret> open() const override { return Secret{"secret"}; }
};

class Sink final : public model::Publisher {
 public:
  void start(model::StreamInfo info) override {
    require(tracks_ == 0 && !info.tracks.empty() && info.tracks.size() <= 2);
    tracks_ = info.tracks.size();
    for (const auto& track : info.tracks) require(is_utf8(track.encoding) || track.encoding.size() <= 64);
  }
  void packet(model::Packet packet) override {
    require(packet.track < tracks_ && packet.size >= 4 && packet.framed()[0] == '$');
    require(packet.framed()[1] == 2 * packet.track + (packet.rtcp ? 1 : 0));
    require(load16(packet.framed().data() + 2) + 4U == packet.size);
    if (!packet.rtcp) require(rtp::parse(packet.rtp()).has_value());
    require(!packet.rtcp || !packet.key_start);
  }
  void flush() override {}

 private:
  std::size_t tracks_ = 0;
};

class Camera {
 public:
  Camera(fuzz::Input& input, fuzz::ScriptedPeer& peer) : input_(input), peer_(peer) {}

  // The client waits. False: the script is over, and the camera gone.
  bool step() {
    if (peer_.accept()) {
      parser_ = rtsp::Parser{};
      unread_.clear();
      return true;
    }
    hear();
    if (steps_++ >= kSteps || input_.empty()) {
      peer_.forget();
      return false;
    }
    act(input_.byte());
    return true;
  }

 private:
  void hear() {
    unread_ += peer_.received();
    auto in = as_bytes(unread_);
    for (;;) {
      auto message = parser_.next(in);
      require(message.has_value());  // what we write is RTSP
      if (!*message) break;
      if (const auto* request = std::get_if<rtsp::Request>(&**message)) {
        const auto login = request->headers.get("Authorization").value_or("");
        require(login.empty() || login.starts_with("Digest "));
        require(login.find("secret") == std::string_view::npos);
        require(request->url == "*" || request->url.starts_with("rtsp://127.0.0.1"));
        cseq_ = rtsp::cseq(request->headers).value();
        method_ = request->method;
      }
    }
    unread_.erase(0, unread_.size() - in.size());
  }

  std::string description() {
    static constexpr std::string_view kBodies[] = {
        "v=0\r\ns=t\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 "
        "H264/90000\r\na=control:trackID=1\r\n",
        "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:rtsp://10.0.0.9/x\r\nm=audio 0 "
        "RTP/AVP 8\r\na=control:track2\r\n",
        "v=0\r\nm=audio 0 RTP/AVP 0\r\n", ""};
    const auto which = input_.byte();
    std::string body{kBodies[which & 3]};
    if ((which & 3) == 3 || (which & 4) != 0) body += as_text(input_.take(input_.byte()));
    std::string head = "Content-Type: application/sdp\r\n";
    if ((which & 8) != 0) head += "Content-Base: rtsp://10.1.1.1/evil/\r\n";
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::string headers(std::uint8_t what) {
    switch (what & 15) {
      case 0:
        return description();
      case 1:
        return "Session: 77;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";
      case 2:
        return "Session: 78\r\nTransport: RTP/AVP/TCP;unicast;interleaved=" + std::to_string(input_.byte()) +
               "-" + std::to_string(input_.byte()) + "\r\n\r\n";
      case 3:
        return "Session: 77\r\nRTP-Info: url=x;seq=1;rtptime=2\r\n\r\n";
      case 4:
        return "Location: rtsp://127.0.0.1:" + std::to_string(peer_.port()) + "/next\r\n\r\n";
      case 5:
        return "Location: rtsp://10.0.0.1/\r\n\r\n";
      case 6:
        return "Public: OPTIONS, GET_PARAMETER, SET_PARAMETER\r\n\r\n";
      case 7:
        return "Retry-After: " + std::string(as_text(input_.take(input_.byte() % 16U))) + "\r\n\r\n";
      case 8:
        return std::string(as_text(input_.take(input_.byte()))) + "\r\n\r\n";
      case 9:
        return "WWW-Authenticate: Basic realm=\"r\"\r\n\r\n";
      case 10:
        return "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + std::to_string(input_.byte()) +
               "\"\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n";
      case 11:
        return "WWW-Authenticate: Digest realm=\"r\", nonce=\"" + std::to_string(input_.byte()) +
               "\", stale=TRUE\r\n\r\n";
      case 12:
        return "Transport: RTP/AVP;unicast;client_port=1-2;server_port=3-4\r\nSession: 5\r\n\r\n";
      case 13:
        return "Connection: close\r\n\r\n";
      default:
        return "\r\n";
    }
  }

  void answer(std::uint8_t what) {
    static constexpr std::string_view kStatus[] = {"200 OK", "401 Unauthorized", "302 Moved", "453 Full",
                                                   "404 No", "100 Continue",     "503 Busy",  "454 None"};
    const auto how = input_.byte();
    std::string text = "RTSP/1.0 " + std::string(kStatus[(how & 0x40) != 0 ? how & 7 : 0]) + "\r\n";
    if ((what & 0xF) >= 9 && (what & 0xF) <= 11) text = "RTSP/1.0 401 Unauthorized\r\n";
    if ((what & 0xF) == 4 || (what & 0xF) == 5) text = "RTSP/1.0 302 Moved\r\n";
    if ((how & 0x30) == 0) text += "CSeq: " + std::to_string(cseq_) + "\r\n";
    if ((how & 0x30) == 0x10) text += "CSeq: 4294967295\r\n";
    peer_.send(text + headers(what));
  }

  void media(std::uint8_t what) {
    const auto payload = input_.take(input_.byte());
    std::string packet(rtp::kHeaderSize, '\0');
    ++sequence_;
    rtp::write_header(reinterpret_cast<std::uint8_t*>(packet.data()), (what & 0x40) != 0,
                      (what & 0x20) != 0 ? 8 : 96, sequence_, 3600U * sequence_, 1);
    packet.append(as_text(payload));
    std::string frame(4, '\0');
    rtsp::write_frame_header(reinterpret_cast<std::uint8_t*>(frame.data()),
                             static_cast<std::uint8_t>(what >> 4 & 3),
                             static_cast<std::uint16_t>(packet.size()));
    peer_.send(frame + packet);
  }

  // What a good camera says next.
  void good() {
    std::string text = "RTSP/1.0 200 OK\r\nCSeq: " + std::to_string(cseq_) + "\r\n";
    if (method_ == "DESCRIBE")
      text += description();
    else if (method_ == "SETUP")
      text += headers(1);
    else
      text += headers(3);
    peer_.send(text);
  }

  void act(std::uint8_t what) {
    switch (what & 15) {
      case 0:
      case 1:
      case 2:
        return good();
      case 3:
      case 4:
      case 5:
        return answer(input_.byte());
      case 6:
      case 7:
      case 8:
        return media(what);
      case 9:
        return peer_.send(as_text(input_.take(input_.byte())));
      case 10: {
        static constexpr std::string_view kAsks[] = {
            "OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n", "ANNOUNCE rtsp://x/ RTSP/1.0\r\nCSeq: 10\r\n\r\n",
            "REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 11\r\nLocation: rtsp://10.9.9.9/\r\n\r\n",
            "REDIRECT rtsp://x/ RTSP/1.0\r\nLocation: rtsp://127.0.0.1/\r\n\r\n"};
        return peer_.send(kAsks[what >> 4 & 3]);
      }
      case 11: {
        std::string frame(4, '\0');
        const auto bytes = input_.take(input_.byte());
        rtsp::write_frame_header(reinterpret_cast<std::uint8_t*>(frame.data()), input_.byte(),
                                 static_cast<std::uint16_t>(bytes.size()));
        return peer_.send(frame + std::string(as_text(bytes)));
      }
      case 12:
        if (naps_++ < 2) std::this_thread::sleep_for(std::chrono::milliseconds{1});  // a keep-alive is due
        return;
      case 13:
        return peer_.end_of_stream();
      case 14:
        return peer_.forget();
      default:
        return;
    }
  }

  fuzz::Input& input_;
  fuzz::ScriptedPeer& peer_;
  rtsp::Parser parser_;
  std::string unread_;
  std::string method_;
  std::uint32_t cseq_ = 0;
  std::uint16_t sequence_ = 0;
  int steps_ = 0;
  int naps_ = 0;
};

net::Task<> play(device::RtspClient& client, Sink& sink) {
  const auto why = co_await client.play(sink);
  require(why.code != Code::ok);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::ScriptedPeer peer;
  static const auto guard = *net::AddressGuard::parse({"127.0.0.1/32"});
  static const auto password = std::make_shared<Password>();
  peer.reset();
  fuzz::Input input{data, size};
  const auto before = __sanitizer_get_current_allocated_bytes();
  {
    net::asio::io_context context{1};
    device::RtspTarget target;
    target.guard = &guard;
    target.url.scheme = "rtsp";
    target.url.host = "127.0.0.1";
    target.url.port = peer.port();
    target.url.target = "/Streaming/Channels/101";
    target.username = "admin";
    target.password = password;
    if (input.byte() % 2 == 1)
      target.standing = std::make_shared<device::RtspStanding>(context.get_executor());
    using std::chrono::milliseconds;
    const device::RtspLimits limits{milliseconds{2000}, milliseconds{2000}, milliseconds{20}, milliseconds{1},
                                    3};
    device::RtspClient client{target, limits};
    Sink sink;
    Camera camera{input, peer};
    const std::function<bool()> step = [&] {
      require(__sanitizer_get_current_allocated_bytes() < before + kMemory);
      return camera.step();
    };
    fuzz::run_against(context, play(client, sink), step);
    require(peer.connections() <= 16);
  }
  return 0;
}
