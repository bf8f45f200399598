// Cameras that answer oddly on purpose; the numbers are those of docs/bad-inputs.md.
#include <gtest/gtest.h>

#include "device/rtsp/client.h"
#include "device/testing/rtsp_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::rtsp_rig;

std::string setup_with(const std::string& headers) { return "RTSP/1.0 200 OK\r\n" + headers + "\r\n"; }

// Rows 1, 2, 3 and 5: whatever phase it is in, the code is that of the parser, and one connection was made.
TEST(HostileCamera, heads_that_lie_or_never_end_close_the_connection_with_their_code) {
  std::string many = "RTSP/1.0 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  const std::vector<std::pair<std::string, Code>> table = {
      {"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", Code::rtsp_bad_header},
      {"RTSP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Code::rtsp_bad_header},
      {"RTSP/1.0 200 OK\r\nContent-Length: 0x10\r\n\r\n", Code::rtsp_bad_header},
      {"RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Code::rtsp_bad_header},
      {"RTSP/1.0 200 OK\r\nContent-Length: 131073\r\n\r\n", Code::rtsp_too_large},
      {"RTSP/1.0 200 OK\r\nContent-Length: 2147483648\r\n\r\n", Code::rtsp_too_large},
      {many + "\r\n", Code::rtsp_too_large},
      {"RTSP/1.0 200 OK\r\nX: " + std::string(1'000'000, 'x'), Code::rtsp_too_large},
      {"HTTP/1.1 200 OK\r\n\r\n", Code::rtsp_bad_start_line},
      {"RTSP/2.0 200 OK\r\n\r\n", Code::rtsp_bad_start_line},
      {"\x16\x03\x01 garbage", Code::rtsp_out_of_sync}};
  for (const auto* phase : {"DESCRIBE", "SETUP"}) {
    for (const auto& [text, code] : table) {
      auto server = plain_server();
      server.answers[phase] = {text};
      Pull pull{server};
      IntakeCounters counters;
      EXPECT_EQ(pull.run(&counters).code, code) << phase << " " << text.substr(0, 60);
      EXPECT_LE(counters.bytes, 64U * 1024) << "it does not read what it will not keep";
      EXPECT_EQ(pull.camera.connections(), 1);
    }
  }
}

// Row 8.
TEST(HostileCamera, sessions_that_change_are_missing_or_endless) {
  const std::string transport = "Transport: RTP/AVP/TCP;unicast;interleaved=";
  for (const auto& [first, second] :
       std::vector<std::pair<std::string, std::string>>{{"Session: 77\r\n", "Session: 78\r\n"},
                                                        {"Session: 77;timeout=0\r\n", "Session: 77\r\n"},
                                                        {"Session: 77;timeout=99999999\r\n", ""},
                                                        {"", ""},
                                                        {"Session: a b\r\n", "Session: \r\n"}}) {
    auto server = plain_server();
    server.answers["DESCRIBE"] = {description(std::string(kSdp) + "m=audio 0 RTP/AVP 8\r\na=control:t2\r\n")};
    server.answers["SETUP"] = {setup_with(first + transport + "0-1\r\n"),
                               setup_with(second + transport + "2-3\r\n")};
    Pull pull{server};
    EXPECT_FALSE(pull.run()) << first;
    const auto play = std::ranges::find(server.log, "PLAY", &rtsp::Request::method);
    ASSERT_NE(play, server.log.end());
    EXPECT_EQ(play->headers.get("Session").value_or(""), first.starts_with("Session: 77") ? "77" : "")
        << first;
  }
  auto server = plain_server();
  server.answers["SETUP"] = {setup_with("Session: " + std::string(64 * 1024, 'x') + "\r\n")};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::rtsp_too_large);
}

// Row 9: the packets come on our own connection, whatever place the answer names.
TEST(HostileCamera, transports_of_other_kinds_fail_and_other_hosts_are_not_listened_to) {
  for (const auto* odd :
       {"RTP/AVP/TCP;unicast;interleaved=300-301", "RTP/AVP/TCP;interleaved=4294967296-1",
        "RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001;ttl=16",
        "RTP/AVP/TCP;multicast;interleaved=0-1", "RTP/AVP/UDP;unicast;client_port=0-99999;server_port=0-0",
        "RAW/RAW/UDP;unicast", ""}) {
    auto server = plain_server();
    server.answers["SETUP"] = {setup_with("Session: 7\r\nTransport: " + std::string(odd) + "\r\n")};
    Pull pull{server};
    EXPECT_EQ(pull.run().code, Code::rtsp_no_transport) << odd;
    EXPECT_EQ(server.count("PLAY"), 0);
  }
  for (const auto* fine : {"RTP/AVP/TCP;unicast;destination=10.9.9.9;source=10.9.9.8;interleaved=0-1",
                           "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc= 4 c", "RTP/AVP/TCP;unicast",
                           "RTP/AVP/TCP;interleaved=0"}) {
    auto server = plain_server();
    server.answers["SETUP"] = {setup_with("Session: 7\r\nTransport: " + std::string(fine) + "\r\n")};
    Pull pull{server};
    EXPECT_FALSE(pull.run()) << fine;
    EXPECT_EQ(pull.camera.connections(), 1);
  }
}

// Rows 10 and 48: devices print other addresses into their answers, some of them to harm.
TEST(HostileCamera, bases_of_other_hosts_lead_nowhere_else) {
  for (const auto* base :
       {"rtsp://10.9.9.9/evil/", "rtsp://169.254.169.254:80/", "rtsp://user:pw@10.9.9.9/x/", "10.9.9.9/x/",
        "file:///etc/", "rtsp://[fe80::1%25eth0]/", "../../..", "*"}) {
    auto server = plain_server();
    server.answers["DESCRIBE"] = {
        description(kSdp, "Content-Base: " + std::string(base) + "\r\nContent-Location: " + base + "\r\n")};
    Pull pull{server};
    EXPECT_FALSE(pull.run()) << base;
    EXPECT_EQ(pull.camera.connections(), 1);
    for (const auto& request : server.log) {
      EXPECT_TRUE(request.url.starts_with("rtsp://127.0.0.1:" + std::to_string(pull.camera.port()) + "/"))
          << request.url;
      EXPECT_EQ(request.url.find("pw"), std::string::npos);
    }
  }
  auto web = plain_server();
  web.answers["DESCRIBE"] = {description(kSdp, "Content-Base: http://127.0.0.1:9/\r\n")};
  Pull refused{web};
  EXPECT_EQ(refused.run().code, Code::rtsp_foreign_url);
  auto server = plain_server();
  server.answers["DESCRIBE"] = {
      description(kSdp, "Content-Base: rtsp://h/" + std::string(8192, 'x') + "\r\n")};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::rtsp_too_large);
}

// Row 12: frames of length 0 and on channels of nobody, a '$' inside an answer's body, blank lines in front.
TEST(HostileCamera, frames_where_none_should_be_do_no_harm) {
  auto server = plain_server();
  const auto junk = std::string("$\0\0\0", 4) + std::string("$\x99\0\1x", 5) + "\r\n";
  server.answers["DESCRIBE"] = {junk + description(std::string(kSdp) + "s=$\x01$\r\n")};
  server.answers["SETUP"] = {junk + kSetup};
  server.media_first = true;
  server.media = junk + rtp_frame(0, 96, true, 1, 3600, kIdr);
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.packets.size(), 1U);

  auto flood = plain_server();
  for (int i = 0; i < 2000; ++i) flood.answers["PLAY"].front() += std::string("$\x99\0\1x", 5);
  flood.media.clear();
  Pull flooded{flood};
  EXPECT_EQ(flooded.run().code, Code::rtsp_out_of_sync);
}

// Row 13: a link that loses bytes now and then costs the packets that were hit; junk without end, the
// connection.
TEST(HostileCamera, a_stream_that_lost_its_framing_is_found_again_or_given_up) {
  auto server = plain_server();
  server.media.clear();
  for (std::uint16_t i = 0; i < 40; ++i) {
    auto frame = rtp_frame(0, 96, true, i, 3600U * i, kSlice + std::string(200, '\x11'));
    if (i % 10 == 5) frame.erase(20, 3);
    server.media += frame;
  }
  Pull pull{server, 30};
  EXPECT_FALSE(pull.run());
  EXPECT_GE(pull.recorder.packets.size(), 30U);

  auto junk = plain_server();
  junk.media = rtp_frame(0, 96, true, 1, 3600, kIdr) + std::string(200'000, '\xAA');
  Pull given_up{junk, 100};
  EXPECT_EQ(given_up.run().code, Code::rtsp_out_of_sync);
}

// Row 21.
TEST(HostileCamera, a_goodbye_that_is_never_answered_is_not_waited_for) {
  auto server = plain_server();
  server.answers["TEARDOWN"] = {"RTSP/1.0 100 Continue\r\n\r\n"};
  Pull pull{server};
  pull.limits.teardown = 50ms;
  pull.limits.phase = 1h;
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(server.count("TEARDOWN"), 1);
}

// Row 22: as long as the camera holds our old session it has no place for us; it is asked again after that
// time.
TEST(HostileCamera, a_full_camera_says_so_and_when_to_come_again) {
  for (const auto* phase : {"DESCRIBE", "SETUP", "PLAY"}) {
    auto server = plain_server();
    server.answers[phase] = {"RTSP/1.0 453 Not Enough Bandwidth\r\n\r\n"};
    Pull pull{server};
    const auto why = pull.run();
    EXPECT_EQ(why.code, Code::device_sessions_full) << phase;
    EXPECT_EQ(why.retry_after_s, 30) << phase;
  }
}

}  // namespace
}  // namespace camfleet::device
