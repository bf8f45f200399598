// Each fault, on the wire.
#include "sim/faults.h"

#include <future>
#include <set>
#include <vector>

#include "proto/h26x/nal.h"
#include "proto/isapi/device.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/session_login.h"
#include "proto/isapi/time.h"
#include "proto/isapi/user_check.h"
#include "proto/rtp/packet.h"
#include "proto/rtsp/message.h"
#include "sim/testing/rig.h"

namespace camfleet::sim {
namespace {

using testing::Answer;
using testing::kMain;
using testing::kTcp;
using testing::Session;
using testing::SimulatorTest;

constexpr std::string_view kInfo = "/ISAPI/System/deviceInfo";
constexpr std::string_view kAlerts = "/ISAPI/Event/notification/alertStream";

struct FaultsTest : SimulatorTest {
  // On device 0, and in force.
  void set(std::string_view fault, std::string_view more = {}) {
    const auto body =
        fmt::format(R"({{"fault":"{}","devices":"0"{}{}}})", fault, more.empty() ? "" : ",", more);
    const auto answer = control("POST", "/faults", body);
    ASSERT_EQ(answer.status, 202) << answer.body;
    settle();
  }
  void clear() {
    ASSERT_EQ(control("DELETE", "/faults").status, 202);
    settle();
  }
  // What was posted to the loop of device 0 before has been done.
  void settle() {
    std::promise<void> done;
    simulator->shard_of(*simulator->device(0)).loop.post([&done] { done.set_value(); });
    done.get_future().wait();
  }
  std::uint64_t bitten(std::string_view fault) {
    const auto all = stats(0);
    const auto& faults = all.at("faults").as_object();
    return faults.contains(fault) ? faults.at(fault).to_number<std::uint64_t>() : 0;
  }
  static void play(Session& rtsp) {
    EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 200);
    EXPECT_EQ(rtsp.ask("PLAY", kMain).status, 200);
  }
  struct Sent {
    std::uint16_t sequence;
    Bytes payload;
  };
  // The next RTP packets of a session.
  static std::vector<Sent> packets(Session& rtsp, std::size_t count) {
    std::vector<Sent> out;
    while (out.size() < count) {
      const auto head = rtsp.client.exactly(4);
      if (head.size() != 4 || head[0] != '$') {
        ADD_FAILURE() << "no packet";
        break;
      }
      const auto text = rtsp.client.exactly(load16(as_bytes(head).data() + 2));
      if (head[1] != 0) continue;
      const auto packet = rtp::parse(as_bytes(text));
      if (packet) out.push_back({packet->sequence, Bytes(packet->payload.begin(), packet->payload.end())});
    }
    return out;
  }
};

TEST_F(FaultsTest, refuse_resets_new_connections_and_leaves_the_others) {
  start();
  auto before = session(0, false);
  EXPECT_EQ(before.ask("GET", kInfo).status, 200);
  set("refuse");
  auto refused = session(0, false);
  EXPECT_EQ(refused.ask("GET", kInfo).status, 0);
  EXPECT_EQ(before.ask("GET", kInfo).status, 200);
  auto other = session(1, false);
  EXPECT_EQ(other.ask("GET", kInfo).status, 200);
  EXPECT_EQ(bitten("refuse"), 1u);
  clear();
  auto again = session(0, false);
  EXPECT_EQ(again.ask("GET", kInfo).status, 200);
}

TEST_F(FaultsTest, silence_keeps_connections_and_answers_when_it_is_over) {
  start();
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  auto rtsp = session(0, true);
  play(rtsp);
  auto alerts = session(0, false);
  EXPECT_EQ(alerts.ask("GET", kAlerts).status, 200);
  alerts.client.until("videoloss");
  set("silence");
  while (!rtsp.client.receive(200).empty()) {
  }
  auto fresh = session(0, false);
  EXPECT_TRUE(fresh.client.connected());
  for (auto* one : {&http, &fresh}) one->client.send("GET /ISAPI/System/time HTTP/1.1\r\nHost: d\r\n\r\n");
  EXPECT_EQ(command(0, "alarm", "{}").status, 202);
  while (bitten("silence") < 2) {
  }
  for (auto* one : {&http, &fresh, &alerts}) EXPECT_EQ(one->client.receive(100), "");
  clear();
  for (auto* one : {&http, &fresh}) EXPECT_EQ(one->read().status, 401) << "that request had no login";
  EXPECT_NE(alerts.client.until("VMD").find("VMD"), std::string::npos);
  EXPECT_FALSE(rtsp.client.receive().empty());
}

TEST_F(FaultsTest, reset_ends_every_connection_also_an_idle_one) {
  start();
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  auto rtsp = session(0, true);
  play(rtsp);
  auto alerts = session(0, false);
  EXPECT_EQ(alerts.ask("GET", kAlerts).status, 200);
  auto other = session(2, false);
  EXPECT_EQ(other.ask("GET", kInfo).status, 200);
  set("reset");
  EXPECT_EQ(bitten("reset"), 3u);
  for (auto* one : {&http, &rtsp, &alerts}) one->client.until("never");
  EXPECT_EQ(other.ask("GET", kInfo).status, 200);
  while (stat(0, "alarm_streams") + stat(0, "rtsp_sessions") != 0) {
  }
  auto again = session(0, false);
  EXPECT_EQ(again.ask("GET", kInfo).status, 200);
}

TEST_F(FaultsTest, slow_answers_come_piece_by_piece) {
  start();
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  set("slow", R"("bytes_per_s":3000)");
  const auto answer = http.ask("GET", kInfo);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(isapi::parse_device_info(answer.body));
  EXPECT_GE(bitten("slow"), 1u);
  set("slow", R"("bytes_per_s":2000)");
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 200);
  EXPECT_EQ(rtsp.ask("PLAY", kMain).status, 200);
  // A key frame alone has more than the rate lets through in its time.
  while (stat(0, "frames_skipped") == 0) {
  }
}

TEST_F(FaultsTest, reboot_takes_its_time_and_forgets_sessions) {
  start();
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  set("reboot", R"("for_s":0.3)");
  http.client.until("never");
  while (!simulator->device(0)->is_on()) {
  }
  auto again = session(0, false);
  EXPECT_EQ(again.ask("GET", kInfo).status, 200);
  EXPECT_EQ(stat(0, "logins"), 2u);
}

TEST_F(FaultsTest, malformed_xml_is_cut_and_has_the_right_length) {
  start();
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  set("malformed_xml");
  const auto answer = http.ask("GET", kInfo);
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(isapi::parse_device_info(answer.body)) << answer.body;
  clear();
  EXPECT_TRUE(isapi::parse_device_info(http.ask("GET", kInfo).body)) << "the connection is still in order";
}

TEST_F(FaultsTest, endless_body_has_no_end) {
  start();
  set("endless_body", R"("bytes_per_s":10000000)");
  auto http = session(0, false);
  EXPECT_EQ(http.plain("GET", kInfo).status, 401);
  std::size_t size = 0;
  while (size < 5'000'000) {
    const auto more = http.client.receive();
    ASSERT_FALSE(more.empty());
    size += more.size();
  }
  clear();
  while (!http.client.receive().empty()) {
  }
}

TEST_F(FaultsTest, wrong_length_promises_more_or_less_than_comes) {
  start();
  set("wrong_length", R"("by":10)");
  auto more = session(0, false);
  more.client.send("GET /ISAPI/System/deviceInfo HTTP/1.1\r\nHost: d\r\n\r\n");
  const auto text = more.client.until("</userCheck>");
  const auto length = parse_int<std::size_t>(trim(text.substr(text.find("Content-Length:") + 15, 6)));
  const auto body = text.size() - text.find("\r\n\r\n") - 4;
  ASSERT_TRUE(length) << text;
  EXPECT_GE(*length, body + 8) << "but for a line end";
  set("wrong_length", R"("by":-10)");
  auto less = session(0, false);
  less.client.send("GET /ISAPI/System/deviceInfo HTTP/1.1\r\nHost: d\r\n\r\n");
  const auto cut = less.client.until("</userCheck>");
  EXPECT_LT(*parse_int<std::size_t>(trim(cut.substr(cut.find("Content-Length:") + 15, 6))), *length);
}

TEST_F(FaultsTest, html_login_is_a_page_whoever_asks) {
  start();
  set("html_login");
  auto http = session(0, false);
  const auto answer = http.plain("GET", kInfo);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(trim(answer.header("Content-Type")), "text/html");
  EXPECT_NE(answer.body.find("<html>"), std::string::npos);
}

TEST_F(FaultsTest, clock_skew_is_in_every_time_that_it_tells) {
  start();
  set("clock_skew", R"("seconds":-7200)");
  auto http = session(0, false);
  const auto time = isapi::parse_time_settings(http.ask("GET", "/ISAPI/System/time").body);
  ASSERT_TRUE(time && time->utc());
  const auto off = std::chrono::duration<double>(*time->utc() - system_clock().wall()).count();
  EXPECT_NEAR(off, -7200, 30);
}

TEST_F(FaultsTest, address_taken_is_another_serial_and_new_connections) {
  start();
  auto http = session(0, false);
  const auto before = isapi::parse_device_info(http.ask("GET", kInfo).body);
  set("address_taken");
  EXPECT_EQ(http.ask("GET", kInfo).status, 0);
  auto stranger = session(0, false);
  const auto after = isapi::parse_device_info(stranger.ask("GET", kInfo).body);
  ASSERT_TRUE(before && after);
  EXPECT_NE(before->serial, after->serial);
  EXPECT_NE(before->mac, after->mac);
  EXPECT_EQ(before->model, after->model);
}

TEST_F(FaultsTest, account_lock_says_how_long_and_can_be_ended) {
  start();
  set("account_lock", R"("unlock_s":600)");
  auto http = session(0, false);
  const auto answer = http.plain("GET", kInfo);
  EXPECT_EQ(answer.status, 401);
  const auto check = isapi::parse_user_check(answer.body);
  ASSERT_TRUE(check);
  EXPECT_TRUE(check->locked);
  EXPECT_GT(check->unlock_s, 500);
  EXPECT_LE(check->unlock_s, 600);
  EXPECT_EQ(command(0, "unlock", "{}").status, 202);
  settle();
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
}

TEST_F(FaultsTest, session_login_is_the_only_way_in_and_counts_wrong_passwords) {
  settings.lock_after = 2;
  start();
  set("session_login");
  auto http = session(0, false);
  const auto refused = http.plain("GET", kInfo);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("WWW-Authenticate"), "");
  const auto log_in = [&](std::string_view password) {
    const auto cap = isapi::parse_session_login_cap(
        http.plain("GET", "/ISAPI/Security/sessionLogin/capabilities?username=admin").body);
    EXPECT_TRUE(cap);
    return http.plain(
        "POST", "/ISAPI/Security/sessionLogin", {},
        isapi::write_session_login({std::string{kUser}, isapi::session_password(*cap, kUser, password),
                                    cap->session_id, cap->version}));
  };
  EXPECT_EQ(log_in("wrong").status, 401);
  const auto let_in = log_in(simulator->device(0)->identity().password);
  EXPECT_EQ(let_in.status, 200) << let_in.body;
  const auto cookie = isapi::session_cookie(let_in.header("Set-Cookie"));
  ASSERT_TRUE(cookie);
  const auto with = fmt::format("Cookie: {}\r\n", *cookie);
  EXPECT_EQ(http.plain("GET", kInfo, with).status, 200);
  EXPECT_EQ(http.plain("PUT", "/ISAPI/Security/sessionLogout", with + "Content-Length: 0\r\n").status, 200);
  EXPECT_EQ(http.plain("GET", kInfo, with).status, 401);
  EXPECT_EQ(log_in("wrong").status, 401);
  EXPECT_TRUE(isapi::parse_user_check(log_in("wrong").body)->locked);
  EXPECT_EQ(stat(0, "wrong_passwords"), 3u);
  EXPECT_EQ(stat(0, "locks"), 1u);
}

TEST_F(FaultsTest, sessions_full_in_three_ways) {
  start();
  set("sessions_full");
  auto rtsp = session(0, true);
  EXPECT_EQ(rtsp.ask("DESCRIBE", kMain).status, 200);
  EXPECT_EQ(rtsp.ask("SETUP", kMain, kTcp).status, 453);
  auto http = session(0, false);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  set("sessions_full", R"("answer":"503")");
  EXPECT_EQ(rtsp.ask("DESCRIBE", kMain).status, 503);
  EXPECT_EQ(http.ask("GET", kInfo).status, 200);
  EXPECT_EQ(http.ask("GET", kAlerts).status, 503);
  set("sessions_full", R"("answer":"401")");
  const auto answer = http.ask("GET", kInfo);
  EXPECT_EQ(answer.status, 401);
  EXPECT_TRUE(isapi::login_hints(answer.body).full) << answer.body;
  EXPECT_FALSE(isapi::login_hints(answer.body).locked);
}

TEST_F(FaultsTest, alarm_burst_raises_numbered_alarms_that_the_control_api_lists) {
  settings.heartbeat = std::chrono::milliseconds{0};
  start();
  auto alerts = session(0, false);
  EXPECT_EQ(alerts.ask("GET", kAlerts).status, 200);
  set("alarm_burst", R"("per_s":200)");
  while (stat(0, "alarms_raised") < 50) {
  }
  clear();
  const auto text = alerts.client.until("alarm 000050");
  EXPECT_NE(text.find("<eventDescription>Motion alarm, alarm 000050"), std::string::npos);
  const auto page = boost::json::parse(control("GET", "/alarms?device=0&since=10&limit=5").body).as_object();
  const auto& items = page.at("items").as_array();
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0].at("serial").to_number<int>(), 11);
  EXPECT_EQ(items[0].at("number").to_number<int>(), 11);
  EXPECT_TRUE(items[0].at("heard").as_bool());
  EXPECT_GE(items[0].at("sent").to_number<int>(), 1);
  EXPECT_EQ(page.at("dropped").to_number<int>(), 0);
  EXPECT_EQ(control("GET", "/alarms?device=99").status, 404);
  EXPECT_EQ(control("GET", "/alarms?since=x").status, 400);
}

TEST_F(FaultsTest, alarm_end_closes_the_stream_again_and_again) {
  start();
  set("alarm_end", R"("every_s":0.2)");
  for (int i = 0; i < 2; ++i) {
    auto alerts = session(0, false);
    EXPECT_EQ(alerts.ask("GET", kAlerts).status, 200);
    EXPECT_NE(alerts.client.until("never").find("videoloss"), std::string::npos) << "until the end";
  }
  EXPECT_EQ(bitten("alarm_end"), 2u);
}

TEST_F(FaultsTest, no_heartbeat_leaves_alarms_alone) {
  settings.heartbeat = std::chrono::milliseconds{50};
  start();
  set("no_heartbeat");
  auto alerts = session(0, false);
  EXPECT_EQ(alerts.ask("GET", kAlerts).status, 200);
  while (bitten("no_heartbeat") < 3) {
  }
  EXPECT_EQ(command(0, "alarm", "{}").status, 202);
  const auto text = alerts.client.until("VMD");
  EXPECT_EQ(text.find("videoloss"), std::string::npos);
}

TEST_F(FaultsTest, stops_rtp_answers_requests_and_shows_nothing) {
  start();
  auto rtsp = session(0, true);
  play(rtsp);
  packets(rtsp, 3);
  set("stops_rtp");
  while (!rtsp.client.receive(200).empty()) {
  }
  rtsp.client.put_back({});  // the rest of a packet from before
  EXPECT_EQ(rtsp.ask("GET_PARAMETER", kMain).status, 200);
  EXPECT_GE(bitten("stops_rtp"), 1u);
  clear();
  const auto first = packets(rtsp, 1);
  EXPECT_EQ(h26x::nal_type(h26x::Codec::h264, first.at(0).payload), h26x::h264::kSps) << "a key frame";
}

TEST_F(FaultsTest, packets_are_lost_doubled_and_out_of_order) {
  start();
  auto rtsp = session(0, true);
  play(rtsp);
  set("rtp_loss", R"("percent":50)");
  auto sent = packets(rtsp, 60);
  std::size_t gaps = 0;
  for (std::size_t i = 1; i < sent.size(); ++i)
    gaps += static_cast<std::uint16_t>(sent[i].sequence - sent[i - 1].sequence) > 1 ? 1 : 0;
  EXPECT_GT(gaps, 5u);
  EXPECT_GT(bitten("rtp_loss"), 5u);
  clear();
  set("rtp_duplicate", R"("percent":100)");
  packets(rtsp, 20);  // from before
  sent = packets(rtsp, 20);
  std::size_t twice = 0;
  for (std::size_t i = 1; i < sent.size(); ++i) twice += sent[i].sequence == sent[i - 1].sequence ? 1 : 0;
  EXPECT_GE(twice, 9u);
  clear();
  set("rtp_reorder", R"("percent":40)");
  packets(rtsp, 20);
  sent = packets(rtsp, 60);
  std::size_t back = 0;
  for (std::size_t i = 1; i < sent.size(); ++i)
    back += static_cast<std::int16_t>(sent[i].sequence - sent[i - 1].sequence) < 0 ? 1 : 0;
  EXPECT_GT(back, 0u);
}

TEST_F(FaultsTest, no_key_frames_shows_the_others) {
  start();
  set("no_key_frames");
  auto rtsp = session(0, true);
  play(rtsp);
  for (const auto& packet : packets(rtsp, 20))
    EXPECT_EQ(h26x::nal_type(h26x::Codec::h264, packet.payload), h26x::h264::kSlice);
  EXPECT_GE(bitten("no_key_frames"), 2u);
}

TEST_F(FaultsTest, encrypted_keeps_the_headers) {
  start();
  set("encrypted");
  auto rtsp = session(0, true);
  play(rtsp);
  const auto sent = packets(rtsp, 9);  // SPS, PPS, three fragments, four slices of one packet
  EXPECT_EQ(h26x::nal_type(h26x::Codec::h264, sent[0].payload), h26x::h264::kSps);
  EXPECT_EQ(sent[0].payload, simulator->clips().main.sps()) << "in plain";
  const auto& slice = sent[5].payload;
  EXPECT_EQ(h26x::nal_type(h26x::Codec::h264, slice), h26x::h264::kSlice);
  EXPECT_GT((std::set<std::uint8_t>{slice.begin() + 1, slice.end()}.size()), 10u)
      << "noise, not one byte repeated";
}

TEST_F(FaultsTest, codec_change_in_the_middle_of_a_stream) {
  start();
  EXPECT_EQ(control("POST", "/faults", R"({"fault":"codec_change"})").status, 409)
      << "no such clips in this test";
  auto rtsp = session(0, true);
  play(rtsp);
  set("codec_change", R"("to":"size")");
  // The sub clip's key frames have one packet of 500 bytes behind their sets, those of the main clip three.
  bool changed = false;
  for (int i = 0; i < 20 && !changed; ++i)
    for (const auto& packet : packets(rtsp, 10))
      changed |= h26x::nal_type(h26x::Codec::h264, packet.payload) == h26x::h264::kIdr &&
                 packet.payload.size() == 500;
  EXPECT_TRUE(changed);
  EXPECT_EQ(bitten("codec_change"), 1u);
}

TEST_F(FaultsTest, of_half_a_fleet_are_listed_and_end_when_they_are_over) {
  start();
  EXPECT_EQ(control("POST", "/faults", R"({"fault":"rtp_loss","devices":"every:2","percent":3})").status,
            202);
  EXPECT_EQ(control("POST", "/faults", R"({"fault":"silence","devices":[1,3],"for_s":0.2})").status, 202);
  auto list = boost::json::parse(control("GET", "/faults").body).as_object();
  const auto& items = list.at("items").as_array();
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].at("devices").as_string(), "0,2,4,6");
  EXPECT_EQ(items[0].at("count").to_number<int>(), 4);
  EXPECT_EQ(items[0].at("parameters").at("percent").to_number<int>(), 3);
  EXPECT_TRUE(items[0].at("left_s").is_null());
  EXPECT_EQ(items[1].at("devices").as_string(), "1,3");
  // The same again replaces; a part of it may be taken away.
  EXPECT_EQ(control("POST", "/faults", R"({"fault":"rtp_loss","devices":"0-1","percent":7})").status, 202);
  EXPECT_EQ(control("DELETE", "/faults?fault=rtp_loss&devices=4").status, 202);
  while (boost::json::parse(control("GET", "/faults").body).at("items").as_array().size() != 2) {
  }
  list = boost::json::parse(control("GET", "/faults").body).as_object();
  EXPECT_EQ(list.at("items").as_array()[0].at("devices").as_string(), "2,6");
  EXPECT_EQ(list.at("items").as_array()[1].at("devices").as_string(), "0-1");
  EXPECT_TRUE(list.at("bitten").as_object().contains("refuse"));
  auto third = session(3, false);
  EXPECT_EQ(third.ask("GET", kInfo).status, 200) << "its silence is over";
}

TEST_F(FaultsTest, that_are_not_understood_are_refused_with_the_reason) {
  start();
  for (const auto* body : {"", "[]", R"({"fault":"nonsense"})", R"({"fault":"slow","devices":"8"})",
                           R"({"fault":"slow","devices":[8]})", R"({"fault":"slow","devices":{}})",
                           R"({"fault":"slow","bytes_per_s":0})", R"({"fault":"slow","percent":3})",
                           R"({"fault":"silence","for_s":0})", R"({"fault":"silence","for_s":"x"})",
                           R"({"fault":"reset","for_s":3})", R"({"fault":"sessions_full","answer":"500"})",
                           R"({"fault":"rtp_loss","percent":101})"}) {
    const auto answer = control("POST", "/faults", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_NE(answer.body.find("\"error\":"), std::string::npos);
  }
  EXPECT_EQ(control("DELETE", "/faults?fault=nonsense").status, 400);
  EXPECT_EQ(control("DELETE", "/faults?devices=99").status, 400);
  EXPECT_EQ(control("PUT", "/faults", "{}").status, 405);
  EXPECT_TRUE(boost::json::parse(control("GET", "/faults").body).at("items").as_array().empty());
}

}  // namespace
}  // namespace camfleet::sim
