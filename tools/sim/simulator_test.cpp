#include "sim/simulator.h"

#include <future>

#include "proto/isapi/channels.h"
#include "proto/isapi/device.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/user_check.h"
#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"
#include "proto/rtsp/transport.h"
#include "sim/testing/rig.h"

namespace camfleet::sim {
namespace {

using testing::kMain;
using testing::kTcp;
using testing::Session;
using testing::SimulatorTest;

TEST_F(SimulatorTest, device_is_known_by_the_address_that_was_called) {
  start();
  for (const std::uint32_t i : {0U, 3U, 7U}) {
    auto http = session(i, false);
    const auto answer = http.ask("GET", "/ISAPI/System/deviceInfo");
    ASSERT_EQ(answer.status, 200);
    const auto info = isapi::parse_device_info(answer.body);
    ASSERT_TRUE(info) << answer.body;
    const auto& identity = simulator->device(i)->identity();
    EXPECT_EQ(info->serial, identity.serial);
    EXPECT_EQ(info->model, identity.model);
    EXPECT_EQ(info->mac, identity.mac);
    EXPECT_EQ(info->type, identity.nvr ? "NVR" : identity.dome ? "IPDome" : "IPCamera");
  }
}

TEST_F(SimulatorTest, address_of_no_device_is_reset) {
  start();
  Session stranger{"127.1.0.9", ports.http, false, "x"};
  EXPECT_EQ(stranger.plain("GET", "/ISAPI/System/deviceInfo").status, 0);
  EXPECT_EQ(simulator->strangers(), 1u);
}

TEST_F(SimulatorTest, one_connection_and_one_nonce_serve_many_requests) {
  start();
  auto http = session(0, false);
  for (const auto* path :
       {"/ISAPI/System/deviceInfo", "/ISAPI/System/status", "/ISAPI/System/time",
        "/ISAPI/System/capabilities", "/ISAPI/Streaming/channels", "/ISAPI/Streaming/channels/101",
        "/ISAPI/System/Video/inputs/channels", "/ISAPI/Security/userCheck"})
    EXPECT_EQ(http.ask("GET", path).status, 200) << path;
  EXPECT_EQ(stat(0, "logins"), 1u);
  EXPECT_EQ(stat(0, "connections"), 1u);
  EXPECT_EQ(stat(0, "http_requests"), 9u);
}

TEST_F(SimulatorTest, wrong_password_is_401_with_a_user_check_and_locks_in_the_end) {
  settings.lock_after = 3;
  start();
  for (int i = 0; i < 3; ++i) {
    auto http = session(0, false, "wrong");
    const auto answer = http.ask("GET", "/ISAPI/System/deviceInfo");
    EXPECT_EQ(answer.status, 401);
    const auto check = isapi::parse_user_check(answer.body);
    ASSERT_TRUE(check) << answer.body;
    EXPECT_EQ(check->locked, i == 2);
    EXPECT_EQ(check->attempts_left, 2 - i);
  }
  auto right = session(0, false);
  EXPECT_EQ(right.ask("GET", "/ISAPI/System/deviceInfo").status, 401);
  EXPECT_EQ(stat(0, "wrong_passwords"), 3u);
  EXPECT_EQ(stat(0, "locks"), 1u);
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("DESCRIBE", kMain).status, 401);
  EXPECT_EQ(command(0, "unlock", "{}").status, 202);
  EXPECT_EQ(right.ask("GET", "/ISAPI/System/deviceInfo").status, 200);
}

TEST_F(SimulatorTest, camera_has_no_input_proxies_and_a_recorder_has_sixteen) {
  start();
  auto camera = session(0, false);
  EXPECT_EQ(camera.ask("GET", "/ISAPI/ContentMgmt/InputProxy/channels").status, 403);
  auto recorder = session(5, false);
  const auto proxies =
      isapi::parse_input_proxies(recorder.ask("GET", "/ISAPI/ContentMgmt/InputProxy/channels").body);
  ASSERT_TRUE(proxies);
  EXPECT_EQ(proxies->size(), 16u);
  const auto status = isapi::parse_input_proxy_status(
      recorder.ask("GET", "/ISAPI/ContentMgmt/InputProxy/channels/status").body);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->size(), 16u);
  EXPECT_EQ(recorder.ask("GET", "/ISAPI/ContentMgmt/InputProxy/channels/16/status").status, 200);
  const auto channels =
      isapi::parse_streaming_channels(recorder.ask("GET", "/ISAPI/Streaming/channels").body);
  ASSERT_TRUE(channels);
  EXPECT_EQ(channels->size(), 32u);
  EXPECT_EQ(recorder.ask("GET", "/ISAPI/System/Video/inputs/channels").status, 403);
}

TEST_F(SimulatorTest, unknown_addresses_and_methods_are_refused_in_the_words_of_a_device) {
  start();
  auto http = session(0, false);
  auto answer = http.ask("GET", "/ISAPI/Smart/capabilities");
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(isapi::parse_response_status(answer.body)->sub_status, "notSupport");
  EXPECT_EQ(http.ask("GET", "/index.asp").status, 404);
  answer = http.ask("PUT", "/ISAPI/System/deviceInfo", "Content-Length: 0\r\n");
  EXPECT_EQ(isapi::parse_response_status(answer.body)->sub_status, "methodNotAllowed");
  EXPECT_EQ(http.ask("GET", "/ISAPI/Streaming/channels/103").status, 403);
}

TEST_F(SimulatorTest, picture_is_a_jpeg) {
  start();
  auto http = session(0, false);
  const auto answer = http.ask("GET", "/ISAPI/Streaming/channels/101/picture");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(trim(answer.header("Content-Type")), "image/jpeg");
  EXPECT_TRUE(answer.body.starts_with("\xff\xd8"));
  EXPECT_EQ(http.ask("GET", "/ISAPI/Streaming/channels/201/picture").status, 403);
}

TEST_F(SimulatorTest, alert_stream_beats_and_carries_an_alarm_from_start_to_end) {
  settings.heartbeat = std::chrono::milliseconds{200};
  start();
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", "/ISAPI/Security/userCheck").status, 200);
  const auto head = http.ask("GET", "/ISAPI/Event/notification/alertStream");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(trim(head.header("Content-Type")), "multipart/mixed; boundary=boundary");
  EXPECT_NE(http.client.until("videoloss").find("videoloss"), std::string::npos);
  EXPECT_EQ(command(0, "alarm", R"({"type":"linedetection","channel":1,"seconds":2})").status, 202);
  const auto text = http.client.until("<eventState>inactive</eventState>\r\n<eventDescription>linedetection");
  std::size_t active = 0;
  for (auto at = text.find(">linedetection<"); at != std::string::npos;
       at = text.find(">linedetection<", at + 1))
    ++active;
  EXPECT_GE(active, 3u) << text;  // two posts and the end
  EXPECT_EQ(stat(0, "alarms_raised"), 1u);
  EXPECT_EQ(stat(0, "alarms_unheard"), 0u);
  EXPECT_EQ(stat(0, "alarm_streams"), 1u);
}

TEST_F(SimulatorTest, alarm_without_a_listener_is_counted_as_unheard) {
  start();
  EXPECT_EQ(command(1, "alarm", "").status, 202);
  while (stat(1, "alarms_raised") == 0) {
  }
  EXPECT_EQ(stat(1, "alarms_unheard"), 1u);
}

TEST_F(SimulatorTest, alert_streams_are_few_but_those_of_dead_clients_are_given_up) {
  settings.max_alarm_streams = 1;
  settings.heartbeat = std::chrono::milliseconds{0};
  start();
  std::optional<Session> first{std::in_place, simulator->device(0)->address(), ports.http, false,
                               simulator->device(0)->identity().password};
  EXPECT_EQ(first->ask("GET", "/ISAPI/Event/notification/alertStream").status, 200);
  auto second = session(0, false);
  EXPECT_EQ(second.ask("GET", "/ISAPI/Event/notification/alertStream").status, 503);
  first.reset();
  int status = 503;
  while (status == 503) status = second.ask("GET", "/ISAPI/Event/notification/alertStream").status;
  EXPECT_EQ(status, 200);
}

TEST_F(SimulatorTest, rtsp_plays_and_tears_down) {
  start();
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.plain("OPTIONS", kMain).status, 200);
  const auto describe = rtsp.ask("DESCRIBE", kMain);
  ASSERT_EQ(describe.status, 200);
  EXPECT_TRUE(describe.body.starts_with("v=0\r\n"));
  EXPECT_TRUE(trim(describe.header("Content-Base")).ends_with("/Streaming/Channels/101/"));
  const auto setup = rtsp.ask("SETUP", "/Streaming/Channels/101/trackID=1", kTcp);
  ASSERT_EQ(setup.status, 200) << setup.head;
  EXPECT_NE(setup.header("Session").find(";timeout=60"), std::string::npos);
  EXPECT_TRUE(setup.header("Session").starts_with("        ")) << "padded as cameras do";
  const auto play = rtsp.ask("PLAY", kMain, fmt::format("Session: {}\r\n", trim(setup.header("Session"))));
  ASSERT_EQ(play.status, 200);
  const auto first = rtsp.client.exactly(16);
  EXPECT_EQ(first[0], '$');
  EXPECT_EQ(first[1], 0);
  EXPECT_EQ(stat(0, "playing"), 1u);
  rtsp.client.close();
  while (stat(0, "rtsp_sessions") != 0) {
  }
  EXPECT_EQ(stat(0, "playing"), 0u);
}

// A pair of ports on loopback, as a client has them.
struct UdpClient {
  UdpClient() {
    for (int& fd : fds) fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (std::uint16_t& port : ports) {
      const int fd = fds[&port - ports];
      auto at = testing::loopback("127.0.0.1", 0);
      socklen_t size = sizeof at;
      ::bind(fd, reinterpret_cast<sockaddr*>(&at), size);
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
      port = ntohs(at.sin_port);
    }
  }
  ~UdpClient() {
    for (const int fd : fds) ::close(fd);
  }
  std::string transport() const {
    return fmt::format("Transport: RTP/AVP;unicast;client_port={}-{}\r\n", ports[0], ports[1]);
  }
  // The next datagram of RTP (0) or RTCP (1); empty where nothing comes.
  Bytes receive(int which, int wait_ms = 10'000) {
    pollfd ready{fds[which], POLLIN, 0};
    if (::poll(&ready, 1, wait_ms) != 1) return {};
    Bytes out(65'536);
    socklen_t size = sizeof from;
    const auto got =
        ::recvfrom(fds[which], out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  int fds[2];
  std::uint16_t ports[2];
  sockaddr_in from{};
};

TEST_F(SimulatorTest, over_udp_it_sends_from_its_own_address_and_takes_receiver_reports) {
  start();
  UdpClient client;
  auto rtsp = session(3, true);
  const auto setup = rtsp.ask("SETUP", kMain, client.transport());
  ASSERT_EQ(setup.status, 200) << setup.head;
  const auto transport = rtsp::parse_transport(trim(setup.header("Transport")));
  ASSERT_TRUE(transport && transport->server_port) << setup.head;
  EXPECT_EQ(transport->client_port->rtp, client.ports[0]);
  ASSERT_EQ(rtsp.ask("PLAY", kMain).status, 200);
  const auto bytes = client.receive(0);
  const auto packet = rtp::parse(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->payload[0] & 0x1f, 7) << "begins with a key frame";
  EXPECT_EQ(client.from.sin_addr.s_addr,
            testing::loopback(simulator->device(3)->address(), 0).sin_addr.s_addr);
  EXPECT_EQ(ntohs(client.from.sin_port), transport->server_port->rtp);
  const auto report = client.receive(1);
  ASSERT_TRUE(rtp::parse_rtcp(report));
  EXPECT_EQ(ntohs(client.from.sin_port), transport->server_port->rtcp);
  Bytes ours;
  rtp::write(ours, rtp::ReceiverReport{.ssrc = 1, .blocks = {}});
  const auto to = testing::loopback(simulator->device(3)->address(), transport->server_port->rtcp);
  ::sendto(client.fds[1], ours.data(), ours.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  while (stat(3, "receiver_reports") == 0) {
  }
  EXPECT_EQ(stat(3, "udp_plays"), 1u);
}

TEST_F(SimulatorTest, over_udp_only_requests_and_reports_keep_a_session) {
  settings.session_timeout = std::chrono::seconds{1};
  start();
  UdpClient client;
  auto rtsp = session(0, true);
  ASSERT_EQ(rtsp.ask("SETUP", kMain, client.transport()).status, 200);
  ASSERT_EQ(rtsp.ask("PLAY", kMain).status, 200);
  EXPECT_TRUE(rtsp.client.until("never").empty());
  EXPECT_EQ(stat(0, "timeouts"), 1u);
  EXPECT_FALSE(client.receive(0).empty());
}

TEST_F(SimulatorTest, udp_may_be_refused_or_lead_nowhere) {
  settings.udp = Settings::Udp::off;
  start();
  UdpClient client;
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, client.transport()).status, 461);
  simulator.reset();
  settings.udp = Settings::Udp::silent;
  settings.http_port = settings.rtsp_port = 0;
  start();
  auto silent = session(0, true);
  ASSERT_EQ(silent.ask("SETUP", kMain, client.transport()).status, 200);
  ASSERT_EQ(silent.ask("PLAY", kMain).status, 200);
  while (stat(0, "frames") < 5) {
  }
  EXPECT_TRUE(client.receive(0, 0).empty());
}

TEST_F(SimulatorTest, rtsp_refuses_what_a_camera_refuses) {
  settings.max_sessions = 1;
  start();
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("DESCRIBE", "/Streaming/Channels/201").status, 404);
  EXPECT_EQ(rtsp.ask("DESCRIBE", "/live/main").status, 404);
  EXPECT_EQ(rtsp.ask("DESCRIBE", kMain, "Require: www.onvif.org/ver20/backchannel\r\n").status, 551);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, "Transport: RTP/AVP;multicast\r\n").status, 461);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, "Transport: RTP/AVP;unicast\r\n").status, 461) << "to which port?";
  EXPECT_EQ(rtsp.ask("PLAY", kMain, "Session: 1\r\n").status, 454);
  EXPECT_EQ(rtsp.ask("RECORD", kMain).status, 501);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 200);
  EXPECT_EQ(rtsp.ask("PLAY", kMain, "Session: 1\r\n").status, 454);
  auto second = session(0, true);
  EXPECT_EQ(second.ask("SETUP", kMain, kTcp).status, 453);
  EXPECT_EQ(stat(0, "sessions_refused"), 1u);
  EXPECT_EQ(rtsp.ask("TEARDOWN", kMain).status, 200);
  EXPECT_TRUE(rtsp.client.until("never").empty()) << "closed after TEARDOWN";
  EXPECT_EQ(second.ask("SETUP", kMain, kTcp).status, 200);
}

TEST_F(SimulatorTest, silent_session_ends_after_its_timeout) {
  settings.session_timeout = std::chrono::seconds{1};
  start();
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 200);
  EXPECT_TRUE(rtsp.client.until("never").empty());
  EXPECT_EQ(stat(0, "timeouts"), 1u);
  EXPECT_EQ(stat(0, "rtsp_sessions"), 0u);
}

TEST_F(SimulatorTest, playing_session_needs_no_request_to_stay) {
  settings.session_timeout = std::chrono::seconds{1};
  start();
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 200);
  EXPECT_EQ(rtsp.ask("PLAY", kMain).status, 200);
  while (stat(0, "frames") < 50) ASSERT_FALSE(rtsp.client.receive().empty());  // two seconds of pictures
  EXPECT_EQ(stat(0, "timeouts"), 0u);
}

TEST_F(SimulatorTest, of_two_wishes_for_power_the_later_one_counts_in_whatever_order_they_arrive) {
  start();
  auto& device = *simulator->device(2);
  std::promise<bool> told;
  simulator->shard_of(device).loop.post([&] {
    const auto off = device.power_turn();
    const auto on = device.power_turn();
    device.power(true, on);
    device.power(false, off);
    told.set_value(device.is_on());
  });
  EXPECT_TRUE(told.get_future().get());
}

TEST_F(SimulatorTest, power_cut_resets_everything_and_comes_back_without_its_nonces) {
  start();
  auto http = session(2, false);
  EXPECT_EQ(http.ask("GET", "/ISAPI/System/deviceInfo").status, 200);
  auto alerts = session(2, false);
  EXPECT_EQ(alerts.ask("GET", "/ISAPI/Event/notification/alertStream").status, 200);
  auto rtsp = session(2, true);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 200);
  EXPECT_EQ(command(2, "power", R"({"on":false})").status, 202);
  alerts.client.until("never");
  EXPECT_TRUE(rtsp.client.until("never").empty());
  EXPECT_EQ(http.ask("GET", "/ISAPI/System/deviceInfo").status, 0);
  auto refused = session(2, false);
  EXPECT_EQ(refused.plain("GET", "/").status, 0);
  EXPECT_EQ(command(2, "power", R"({"on":true})").status, 202);
  while (!simulator->device(2)->is_on()) {
  }
  auto again = session(2, false);
  EXPECT_EQ(again.ask("GET", "/ISAPI/System/deviceInfo").status, 200);
}

TEST_F(SimulatorTest, password_can_be_changed_from_outside) {
  start();
  EXPECT_EQ(command(0, "password", R"({"password":"NewOne123"})").status, 202);
  auto with_new = session(0, false, "NewOne123");
  EXPECT_EQ(with_new.ask("GET", "/ISAPI/System/deviceInfo").status, 200);
  auto with_old = session(0, false);
  EXPECT_EQ(with_old.ask("GET", "/ISAPI/System/deviceInfo").status, 401);
}

TEST_F(SimulatorTest, control_api_refuses_what_it_does_not_understand) {
  start();
  EXPECT_EQ(command(0, "alarm", R"({"channel":2})").status, 400);
  EXPECT_EQ(command(0, "alarm", R"({"type":"<x>"})").status, 400);
  EXPECT_EQ(command(0, "alarm", "[]").status, 400);
  EXPECT_EQ(command(0, "alarm", "{").status, 400);
  EXPECT_EQ(command(0, "power", "{}").status, 400);
  EXPECT_EQ(command(99, "alarm", "{}").status, 404);
  EXPECT_EQ(command(0, "explode", "{}").status, 404);
  Session control{"127.0.0.1", ports.control, false, ""};
  EXPECT_EQ(control.plain("GET", "/stats?devices=1").status, 200);
  EXPECT_EQ(control.plain("GET", "/stats/8").status, 404);
  EXPECT_EQ(control.plain("GET", "/healthz").status, 200);
  EXPECT_EQ(control.plain("DELETE", "/stats").status, 405);
}

TEST_F(SimulatorTest, port_that_is_taken_is_named) {
  start();
  auto again = settings;
  again.http_port = ports.http;
  Simulator second{again, testing::small_clips()};
  const auto got = second.start();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::config_port_in_use);
}

}  // namespace
}  // namespace camfleet::sim
