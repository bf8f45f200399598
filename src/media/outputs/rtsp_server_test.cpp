#include "media/outputs/rtsp_server.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "media/testing/raw_client.h"
#include "media/testing/world.h"

namespace camfleet::media {
namespace {

using namespace testing;

constexpr std::string_view kUrl = "rtsp://127.0.0.1/live/cam/1/main";
constexpr std::string_view kTrack0 = "rtsp://127.0.0.1/live/cam/1/main/trackID=0";
constexpr std::string_view kTrack1 = "rtsp://127.0.0.1/live/cam/1/main/trackID=1";
constexpr std::string_view kTcp01 = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
constexpr std::string_view kGood = "Authorization: Basic dmlld2VyOmdvb2Q=\r\n";  // viewer:good

RtspSettings quick() {
  RtspSettings settings;
  settings.sweep = 5ms;
  settings.wrong_token_delay = 1ms;
  return settings;
}

model::StreamInfo video_and_audio() {
  TinyClip clip;
  auto info = clip.info();
  model::Track audio;
  audio.media = model::Media::audio;
  audio.codec = model::Codec::pcmu;
  audio.payload_type = 0;
  audio.clock_rate = 8000;
  audio.encoding = "PCMU";
  info.tracks.push_back(audio);
  return info;
}

class Server {
 public:
  explicit Server(RtspSettings settings = quick(), Settings media = quick_settings(),
                  model::StreamInfo info = video_and_audio())
      : world(media, std::move(info)), server(world.loops, *world.hubs, world.gate, settings) {
    at = *server.listen(net::Endpoint{net::asio::ip::address_v4::loopback(), 0});
  }
  ~Server() { server.stop_and_wait(); }
  void publish(const std::function<void(model::Publisher&)>& fn) { world.source.publish(key_of("cam"), fn); }

  World world;
  RtspServer server;
  net::Endpoint at;
};

// As far as PLAY, on the channels given.
void play(RtspClient& client, std::string_view transport = kTcp01) {
  ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
  ASSERT_EQ(client.ask("SETUP", kTrack0, transport), 200);
  const std::string session = "Session: " + client.session() + "\r\n";
  ASSERT_EQ(client.ask("PLAY", kUrl, session), 200);
}

TEST(rtsp_server, plays_what_the_camera_sent_bit_for_bit) {
  Server server;
  RtspClient client{server.at};
  EXPECT_EQ(client.ask("OPTIONS", kUrl), 200);
  EXPECT_NE(client.last.headers.get("Public")->find("DESCRIBE"), std::string_view::npos);
  EXPECT_EQ(client.ask("DESCRIBE", kUrl, "Accept: application/sdp\r\n"), 401);
  EXPECT_EQ(client.last.headers.get("WWW-Authenticate").value_or(""), "Basic realm=\"camfleet\"");
  EXPECT_EQ(client.ask("DESCRIBE", kUrl, std::string(kGood) + "Accept: application/sdp\r\n"), 200);
  EXPECT_EQ(client.last.headers.get("Content-Base").value_or(""), "rtsp://127.0.0.1/live/cam/1/main/");
  EXPECT_NE(client.last.body.find("m=video 0 RTP/AVP 96"), std::string::npos) << client.last.body;
  EXPECT_NE(client.last.body.find("sprop-parameter-sets="), std::string::npos);
  EXPECT_NE(client.last.body.find("m=audio 0 RTP/AVP 0"), std::string::npos);

  TinyClip clip;
  server.publish([&](model::Publisher& to) {
    publish(to, clip.frame());
    publish(to, clip.frame());
  });
  EXPECT_EQ(client.ask("SETUP", kTrack0, kTcp01), 200);
  EXPECT_EQ(client.last.headers.get("Transport").value_or(""), "RTP/AVP/TCP;unicast;interleaved=0-1");
  const std::string session = "Session: " + client.session() + "\r\n";
  EXPECT_EQ(client.session().size(), 32U);
  EXPECT_EQ(client.ask("SETUP", kTrack1, session + "Transport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n"),
            200);
  EXPECT_EQ(client.ask("PLAY", kUrl, session + "Range: npt=0.000-\r\n"), 200);
  const std::string info{client.last.headers.get("RTP-Info").value_or("")};
  EXPECT_NE(info.find("trackID=0;seq=1;rtptime=4294901760"), std::string::npos) << info;

  TinyClip expected;
  for (int i = 0; i < 2; ++i) {
    for (const auto& packet : expected.frame()) {
      const auto frame = client.frame();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->channel, 0);
      EXPECT_EQ(frame->payload, as_text(packet.rtp()));
    }
  }
  server.publish([&](model::Publisher& to) {
    to.packet(rtcp_packet(0));
    to.packet(rtp_packet(1, 9, 160, true, Bytes(160, 0x55), 0));
    to.flush();
  });
  EXPECT_EQ(client.frame()->channel, 1) << "sender reports are forwarded";
  EXPECT_EQ(client.frame()->channel, 2);
  EXPECT_EQ(server.world.hubs->stream(key_of("cam"))->viewers, 1U);
  EXPECT_EQ(client.ask("GET_PARAMETER", kUrl, session), 200);
  EXPECT_EQ(client.ask("TEARDOWN", kUrl, session), 200);
  EXPECT_TRUE(eventually([&] { return server.world.source.active() == 0; })) << "and lets the camera go";
}

TEST(rtsp_server, channels_of_the_clients_choice) {
  Server server;
  RtspClient client{server.at};
  play(client, "Transport: RTP/AVP/TCP;unicast;interleaved=6-7\r\n");
  TinyClip clip;
  server.publish([&](model::Publisher& to) {
    to.packet(rtp_packet(1, 9, 160, true, Bytes(160, 0x55), 0));  // a track that this client did not ask for
    publish(to, clip.frame());
    to.packet(rtcp_packet(0));
    to.flush();
  });
  TinyClip expected;
  for (const auto& packet : expected.frame()) {
    const auto frame = client.frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->channel, 6);
    EXPECT_EQ(frame->payload, as_text(packet.rtp()));
  }
  EXPECT_EQ(client.frame()->channel, 7);
}

TEST(rtsp_server, what_is_not_allowed_in_a_state_is_455_and_changes_nothing) {
  Server server;
  RtspClient client{server.at};
  for (const auto* method : {"PLAY", "PAUSE", "TEARDOWN"}) EXPECT_EQ(client.ask(method, kUrl), 455) << method;
  for (const auto* method : {"ANNOUNCE", "RECORD"}) EXPECT_EQ(client.ask(method, kUrl, kGood), 405) << method;
  EXPECT_EQ(client.ask("JUMP", kUrl), 501);
  EXPECT_EQ(client.ask("SETUP", kTrack0, std::string(kGood) + std::string(kTcp01)), 200)
      << "without DESCRIBE";
  const std::string session = "Session: " + client.session() + "\r\n";
  EXPECT_EQ(client.ask("PAUSE", kUrl, session), 455);
  EXPECT_EQ(client.ask("PLAY", kUrl), 454) << "without its session";
  EXPECT_EQ(client.ask("PLAY", "rtsp://127.0.0.1/live/other/1/main", session), 455);
  EXPECT_EQ(client.ask("PLAY", kUrl, session), 200);
  EXPECT_EQ(client.ask("PLAY", kUrl, session), 200) << "a sign of life, RFC 2326 section 10.5";
  EXPECT_EQ(client.ask("SETUP", kTrack1, session + "Transport: RTP/AVP/TCP;interleaved=2-3\r\n"), 455);
  EXPECT_EQ(client.ask("PAUSE", kUrl, session), 200);
  EXPECT_EQ(client.ask("PLAY", kUrl, session), 200) << "and on again";
  EXPECT_EQ(client.ask("TEARDOWN", kUrl, session), 200);
  EXPECT_EQ(client.ask("TEARDOWN", kUrl, session), 454);
  EXPECT_EQ(client.ask("TEARDOWN", kUrl), 455);
  EXPECT_EQ(client.ask("DESCRIBE", kUrl), 200) << "the grant is still the connection's";
}

TEST(rtsp_server, a_session_is_good_on_its_own_connection_only) {
  Server server;
  RtspClient client{server.at};
  play(client);
  const std::string stolen = "Session: " + client.session() + "\r\n";
  RtspClient thief{server.at};
  EXPECT_EQ(thief.ask("PLAY", kUrl, stolen), 454);
  EXPECT_EQ(thief.ask("TEARDOWN", kUrl, stolen), 454);
  EXPECT_EQ(thief.ask("GET_PARAMETER", kUrl, stolen), 454);
  EXPECT_EQ(thief.ask("SETUP", kTrack0, stolen + std::string(kGood) + std::string(kTcp01)), 454);
}

TEST(rtsp_server, only_packets_on_the_viewers_own_connection) {
  Server server;
  RtspClient client{server.at};
  ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
  std::string fifty = "Transport: RTP/AVP;client_port=4000-4001";
  for (int i = 1; i < 50; ++i) fifty += ",RTP/AVP/TCP;interleaved=0-1";
  for (const std::string& transport :
       {std::string("Transport: RTP/AVP;unicast;client_port=5000-5001"),
        std::string("Transport: RTP/AVP;multicast"),
        std::string("Transport: RTP/AVP/UDP;unicast;client_port=0-1"),
        std::string("Transport: RTP/AVP;client_port=65536-65537"),
        std::string("Transport: RTP/AVP/TCP;unicast;destination=10.0.0.9;interleaved=0-1"),
        std::string("Transport: RTP/AVP;unicast;destination=10.0.0.9;client_port=22-23"),
        std::string("Transport: RTP/SAVP/TCP;interleaved=0-1"),
        std::string("Transport: RTP/AVP/TCP;interleaved=0-1;mode=record"), fifty})
    EXPECT_EQ(client.ask("SETUP", kTrack0, transport + "\r\n"), 461) << transport;
  EXPECT_EQ(client.ask("SETUP", kTrack0), 400);
  EXPECT_EQ(client.ask("SETUP", kTrack0,
                       "Transport: RTP/AVP/UDP;unicast;client_port=5000-5001,RTP/AVP;multicast,"
                       "RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
            200)
      << "GStreamer asks for several at once";
}

TEST(rtsp_server, tracks_that_are_not_there_or_twice) {
  Server server;
  RtspClient client{server.at};
  ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
  EXPECT_EQ(client.ask("SETUP", "rtsp://h/live/cam/1/main/trackID=2", kTcp01), 404);
  EXPECT_EQ(client.ask("SETUP", "rtsp://h/live/cam/1/main/trackID=4294967295", kTcp01), 404);
  EXPECT_EQ(client.ask("SETUP", kUrl, kTcp01), 459) << "two tracks want two SETUPs";
  EXPECT_EQ(client.ask("SETUP", kTrack0, kTcp01), 200);
  const std::string session = "Session: " + client.session() + "\r\n";
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.ask("SETUP", kTrack0, session + std::string(kTcp01)), 459);
  EXPECT_EQ(client.ask("SETUP", kTrack1, session + std::string(kTcp01)), 200)
      << "channels taken: others are given";
  EXPECT_EQ(client.last.headers.get("Transport").value_or(""), "RTP/AVP/TCP;unicast;interleaved=2-3");
}

TEST(rtsp_server, who_may_watch) {
  Server server;
  {
    RtspClient client{server.at};
    EXPECT_EQ(client.ask("DESCRIBE", std::string(kUrl) + "?token=good"), 200);
    EXPECT_EQ(client.ask("SETUP", kTrack0, kTcp01), 200) << "the grant is bound to the connection";
  }
  RtspClient client{server.at};
  EXPECT_EQ(client.ask("DESCRIBE", std::string(kUrl) + "?token=other"), 403);
  EXPECT_NE(client.last.body.find("auth.wrong_stream"), std::string::npos);
  EXPECT_EQ(client.ask("DESCRIBE", "rtsp://h/live/unknown-9", kGood), 404);
  EXPECT_NE(client.last.body.find("device.unknown"), std::string::npos);
  EXPECT_EQ(client.ask("DESCRIBE", "rtsp://h/live/cam/1%2F", kGood), 400);
  EXPECT_EQ(client.ask("DESCRIBE", "*", kGood), 400);
  EXPECT_EQ(client.ask("DESCRIBE", "rtsp://h/", kGood), 404);
  EXPECT_EQ(client.ask("OPTIONS", "*"), 200);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(client.ask("DESCRIBE", std::string(kUrl) + "?token=guess"), 401);
  EXPECT_TRUE(client.ends()) << "five wrong tokens are enough";
}

TEST(rtsp_server, errors_of_the_stream_have_a_status_and_a_code) {
  const std::pair<Code, int> table[] = {{Code::device_offline, 503},         {Code::device_no_channel, 404},
                                        {Code::device_bad_credentials, 502}, {Code::media_stalled, 504},
                                        {Code::device_locked, 503},          {Code::media_no_video, 415}};
  Server server;
  RtspClient client{server.at};
  for (const auto& [code, status] : table) {
    server.world.source.refuse = code;
    EXPECT_EQ(client.ask("DESCRIBE", kUrl, kGood), status) << name(code);
    EXPECT_NE(client.last.body.find(name(code)), std::string::npos);
  }
}

TEST(rtsp_server, every_split_of_a_conversation_gives_the_same_answers) {
  Server server;
  const std::string talk =
      "OPTIONS rtsp://h/live/cam RTSP/1.0\r\nCSeq: 1\r\n\r\n"
      "DESCRIBE rtsp://h/live/cam?token=good RTSP/1.0\r\nCSeq: 2\r\n\r\n"
      "SETUP rtsp://h/live/cam/trackID=0 RTSP/1.0\r\nCSeq: 3\r\nTransport: "
      "RTP/AVP/TCP;interleaved=0-1\r\n\r\n";
  for (std::size_t cut = 1; cut < talk.size(); cut += 7) {
    RtspClient client{server.at};
    client.send(talk.substr(0, cut));
    std::this_thread::sleep_for(1ms);
    client.send(talk.substr(cut));
    for (int i = 0; i < 3; ++i) {
      const auto response = client.response();
      ASSERT_TRUE(response) << "cut at " << cut;
      EXPECT_EQ(response->status, 200) << "cut at " << cut;
    }
  }
  RtspClient slow{server.at};
  for (const char c : talk) slow.send({&c, 1});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(slow.response()->status, 200);
}

TEST(rtsp_server, what_is_not_rtsp_is_told_so_and_closed) {
  Server server;
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\nHost: x\r\nx-sessioncookie: abc\r\n\r\n"),
                                   std::string("\x16\x03\x01\x02\x00\r\n\r\n", 9),
                                   "OPTIONS " + std::string(65536, 'a') + " RTSP/1.0\r\n\r\n",
                                   std::string("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\0: x\r\n\r\n", 33)}) {
    RtspClient client{server.at};
    client.send(bytes);
    EXPECT_TRUE(client.ends()) << bytes.substr(0, 20);
  }
  RtspClient nameless{server.at};
  nameless.send("OPTIONS * RTSP/1.0\r\n\r\n");
  EXPECT_EQ(nameless.response()->status, 400) << "no CSeq";
}

TEST(rtsp_server, receiver_reports_are_swallowed_and_floods_are_not) {
  Server server;
  RtspClient client{server.at};
  play(client);
  std::string report(36, '\0');
  report[0] = '$';
  report[1] = 1;
  report[3] = 32;
  for (int i = 0; i < 20; ++i) client.send(report);
  EXPECT_EQ(client.ask("OPTIONS", "*"), 200);
  std::string junk(65539, '\0');
  junk[0] = '$';
  junk[2] = junk[3] = '\xFF';
  for (int i = 0; i < 8; ++i) client.send(junk);
  EXPECT_TRUE(client.ends());
}

TEST(rtsp_server, a_revoked_token_ends_the_picture) {
  auto settings = quick();
  settings.recheck = 20ms;
  Server server{settings};
  RtspClient client{server.at};
  play(client);
  server.world.gate.revoked = true;
  EXPECT_TRUE(client.ends());
}

TEST(rtsp_server, the_end_of_the_stream_ends_the_connection) {
  Server server;
  RtspClient client{server.at};
  play(client);
  server.world.source.stop(key_of("cam"), Code::net_reset);
  EXPECT_TRUE(client.ends());
}

TEST(rtsp_server, who_says_nothing_or_half_a_request_or_shows_no_token_is_closed) {
  auto settings = quick();
  settings.head_timeout = 50ms;
  settings.grant_timeout = 300ms;
  Server server{settings};
  RawClient silent{server.at};
  EXPECT_TRUE(silent.ends(2s));
  RtspClient half{server.at};
  half.send("OPTIONS * RTSP");
  EXPECT_TRUE(half.ends(2s));
  RtspClient without{server.at};
  EXPECT_EQ(without.ask("OPTIONS", "*"), 200);
  EXPECT_TRUE(without.ends(2s));
  settings.idle_timeout = 50ms;
  Server other{settings};
  RtspClient idle{other.at};
  EXPECT_EQ(idle.ask("DESCRIBE", kUrl, kGood), 200);
  EXPECT_TRUE(idle.ends(2s));
}

TEST(rtsp_server, a_viewer_that_stops_reading_is_bounded_and_closed_and_delays_nobody) {
  auto media = quick_settings();
  media.slow_limit = 300ms;
  media.slow_bytes = 1'000'000;
  media.lag.bytes = 200'000;
  media.window.bytes = 400'000;
  Server server{quick(), media, FakeVideo::info()};
  RtspClient stuck{server.at, 4096};
  play(stuck);
  RtspClient quick{server.at};
  play(quick);
  FakeVideo video{10, 10, 1400};
  std::size_t received = 0;
  for (int i = 0; i < 1500; ++i) {  // 21 MB, more than the kernel takes for a reader that is stuck
    server.publish([&](model::Publisher& to) {
      publish(to, video.frame());
      EXPECT_LE(server.world.hubs->on(server.world.loop("cam")).lease(key_of("cam"))->cache().bytes(),
                450'000U);
    });
    for (int p = 0; p < 10; ++p) {
      if (!quick.frame()) break;
      ++received;
    }
  }
  EXPECT_EQ(received, 15'000U) << "the other one got everything";
  EXPECT_TRUE(eventually([&] { return server.world.hubs->stream(key_of("cam"))->viewers == 1; }));
  EXPECT_GT(server.world.hubs->stream(key_of("cam"))->dropped, 0U);
}

// A viewer that reads again after a while: whole packets, and a key frame first after the gap.
TEST(rtsp_server, a_viewer_that_was_slow_goes_on_with_a_key_frame) {
  auto media = quick_settings();
  media.lag.bytes = 200'000;
  Server server{quick(), media, FakeVideo::info()};
  RtspClient client{server.at, 4096};
  play(client);
  FakeVideo video{10, 10, 1400};
  for (int i = 0; i < 1000; ++i) server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  std::optional<std::uint16_t> last;
  int gaps = 0;
  while (const auto frame = client.frame(300ms)) {
    const auto sequence = load16(as_bytes(frame->payload).data() + 2);
    if (last && static_cast<std::uint16_t>(*last + 1) != sequence) {
      ++gaps;
      EXPECT_EQ(static_cast<std::uint16_t>(sequence - 65500) % 100, 0)
          << "the beginning of a group of pictures";
    }
    last = sequence;
  }
  EXPECT_GT(gaps, 0);
}

TEST(rtsp_server, ffprobe_plays_it) {
  if (std::system("command -v ffprobe >/dev/null 2>&1") != 0) GTEST_SKIP() << "no ffprobe";
  Server server;
  std::atomic<bool> done{false};
  std::thread camera{[&] {
    TinyClip clip;
    while (!done) {
      if (server.world.source.active() > 0)
        server.publish([&](model::Publisher& to) { publish(to, clip.frame()); });
      std::this_thread::sleep_for(20ms);
    }
  }};
  const std::string command =
      "timeout 20 ffprobe -v error -rtsp_transport tcp -select_streams v -show_entries "
      "stream=codec_name,width,height"
      " -read_intervals %+#15 -show_entries frame=pkt_pts_time -of csv=p=0 rtsp://viewer:good@127.0.0.1:" +
      std::to_string(server.at.port()) + "/live/cam 2>&1";
  std::string out;
  if (FILE* pipe = ::popen(command.c_str(), "r")) {
    char buffer[512];
    while (const auto got = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
    ::pclose(pipe);
  }
  done = true;
  camera.join();
  EXPECT_NE(out.find("h264,128,96"), std::string::npos) << out;
}

}  // namespace
}  // namespace camfleet::media
