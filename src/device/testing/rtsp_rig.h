#pragma once
// A scripted RTSP camera and a client that pulls from it.
#include "device/rtsp/client.h"

#include <deque>
#include <map>

#include "device/testing/fake_camera.h"
#include "net/testing/run.h"
#include "net/within.h"
#include "proto/digest/server.h"

namespace camfleet::device::testing::rtsp_rig {

using namespace std::chrono_literals;
using testing::FakeCamera;
using testing::PlainPassword;
using testing::Recorder;
using testing::rtp_frame;
using testing::Talk;

inline const std::string kIdr("\x65\x88\x80\x01", 4), kSlice("\x61\x9a\x01\x02", 4);

inline std::string fixture(std::string_view name) { return testing::testdata("rtsp", name); }

// Answers each request with what a test put there for its method, the last of them for ever.
struct Server {
  std::map<std::string, std::deque<std::string>> answers;
  std::string media;          // sent behind the answer to PLAY
  bool media_first = false;   // in front of it
  bool repeat_media = false;  // over and over, until the client has gone
  std::vector<rtsp::Request> log;

  net::Task<> serve(Talk& talk, int) {
    for (;;) {
      auto request = co_await talk.request();
      if (!request) co_return;
      log.push_back(*request);
      auto& queue = answers[request->method];
      if (queue.empty()) {
        if (request->method == "TEARDOWN") co_await talk.send("RTSP/1.0 200 OK\r\n\r\n");
        if (request->method == "OPTIONS") co_await talk.send("RTSP/1.0 200 OK\r\n\r\n");
        continue;  // silence
      }
      auto answer = queue.front();
      if (queue.size() > 1) queue.pop_front();
      const bool playing = request->method == "PLAY" && answer.starts_with("RTSP/1.0 200");
      if (answer.empty()) co_return;  // closes
      if (playing && media_first)
        answer = media + answer;
      else if (playing)
        answer += media;
      co_await talk.send(answer);
      while (playing && repeat_media) {
        co_await net::sleep_for(10ms);
        co_await talk.send(media);
        if (!talk.stream().open()) co_return;
      }
    }
  }
  int count(std::string_view method) const {
    int n = 0;
    for (const auto& request : log) n += request.method == method ? 1 : 0;
    return n;
  }
  int with_credentials() const {
    int n = 0;
    for (const auto& request : log) n += request.headers.has("Authorization") ? 1 : 0;
    return n;
  }
};

inline constexpr std::string_view kSdp =
    "v=0\r\ns=test\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 "
    "H264/90000\r\na=control:trackID=1\r\n";

inline std::string description(std::string_view sdp = kSdp, std::string_view headers = {}) {
  return "RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + std::string(sdp);
}
inline const std::string kSetup =
    "RTSP/1.0 200 OK\r\nSession: 77;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";
inline const std::string kOtherSetup =
    "RTSP/1.0 200 OK\r\nSession: 77\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n";
inline const std::string kPlay = "RTSP/1.0 200 OK\r\nSession: 77\r\n\r\n";

inline Server plain_server() {
  Server server;
  server.answers["DESCRIBE"] = {description()};
  server.answers["SETUP"] = {kSetup};
  server.answers["PLAY"] = {kPlay};
  server.media = rtp_frame(0, 96, true, 1, 3600, kIdr);
  return server;
}

struct Pull {
  explicit Pull(Server& server, std::size_t enough = 1, std::size_t slice = 0)
      : script(server),
        camera(
            loop.executor(), [this](Talk& talk, int n) { return script.serve(talk, n); }, slice),
        recorder(loop.executor(), enough) {
    target.guard = &testing::loopback_guard();
    target.url.scheme = "rtsp";
    target.url.host = "127.0.0.1";
    target.url.port = camera.port();
    target.url.target = "/Streaming/Channels/101";
    target.username = "admin";
    target.password = std::make_shared<PlainPassword>("secret");
  }
  net::testing::TestLoop loop;
  Server& script;
  FakeCamera camera;
  Recorder recorder;
  RtspTarget target;
  RtspLimits limits{.phase = 2s, .stall = 2s, .teardown = 1s};

  static net::Task<> play(RtspClient& client, Recorder& recorder, Error& why, bool& ended) {
    why = co_await client.play(recorder);
    ended = true;
    recorder.event.set();
  }
  static net::Task<Error> until_enough(Pull& pull, IntakeCounters* counters) {
    RtspClient client{pull.target, pull.limits};
    Error why;
    bool ended = false;
    {
      net::TaskGroup group{pull.loop.executor(), "pull"};
      group.spawn(play(client, pull.recorder, why, ended));
      (void)co_await pull.recorder.event.wait(std::chrono::steady_clock::now() + 8s);
      co_await group.stop();
    }
    if (counters != nullptr) *counters = client.counters();
    co_await pull.camera.stop();
    co_return why;
  }
  // Plays until there are enough packets, or it ends by itself; the reason of the latter.
  Error run(IntakeCounters* counters = nullptr) { return loop.run(until_enough(*this, counters)); }
};

}  // namespace camfleet::device::testing::rtsp_rig
