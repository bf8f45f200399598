#include "device/hikvision/session.h"

#include <gtest/gtest.h>

#include "device/testing/hikvision_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::hikvision_rig;
using testing::FakeCamera;
using testing::PlainPassword;
using testing::Talk;

TEST(HikvisionLogin, a_camera_tells_what_it_is_over_one_kept_connection_and_an_alarm_connection) {
  auto site = camera_site();
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto& facts = device.session->facts();
  EXPECT_EQ(facts.kind, "ipc");
  EXPECT_EQ(facts.model, "DS-2CD2146G2-ISU");
  EXPECT_TRUE(facts.firmware.starts_with("V5.")) << facts.firmware;
  ASSERT_EQ(facts.channels.size(), 1U);
  ASSERT_EQ(facts.channels[0].profiles.size(), 1U);
  EXPECT_NE(facts.channels[0].profiles[0].codec, model::Codec::unknown);
  EXPECT_GT(facts.channels[0].profiles[0].width, 1000);
  ASSERT_TRUE(facts.clock_offset_ms);
  EXPECT_LT(std::abs(*facts.clock_offset_ms), 2000);
  EXPECT_EQ(device.camera.connections(), 2);
  EXPECT_EQ(site.log.size(), 4U) << "deviceInfo, streams, time, alertStream";
  EXPECT_EQ(site.with_credentials, 4) << "the nonce of the first answer serves them all";
}

TEST(HikvisionLogin, a_recorder_tells_its_channels_and_which_of_them_are_dead) {
  auto site = camera_site();
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, fixture("deviceinfo-DS-7608NXI-I2.xml"))};
  site.answers["/ISAPI/ContentMgmt/InputProxy/channels"] = {
      answer(200, fixture("inputproxy-DS-7608NXI-I2.xml"))};
  site.answers["/ISAPI/ContentMgmt/InputProxy/channels/status"] = {
      answer(200, fixture("inputproxy-status.xml"))};
  site.answers["/ISAPI/System/Video/inputs/channels"] = {
      answer(403, fixture("lowPrivilege.json"), "application/json")};
  site.answers["/ISAPI/Streaming/channels"] = {answer(200, fixture("streaming-DS-7732NI-M4.xml"))};
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto& facts = device.session->facts();
  EXPECT_EQ(facts.kind, "nvr");
  ASSERT_GE(facts.channels.size(), 4U);
  EXPECT_EQ(facts.channels[0].name, "garden");
  EXPECT_TRUE(facts.channels[0].online);
  EXPECT_FALSE(facts.channels[1].online);
  EXPECT_GE(facts.channels[0].profiles.size(), 2U);
}

// Row 179: a channel is its number; who stands behind it is what the recorder says at each login.
TEST(HikvisionLogin, cameras_that_changed_places_behind_a_recorder_have_their_names_of_now) {
  auto site = camera_site();
  const auto before = fixture("inputproxy-DS-7608NXI-I2.xml");
  auto after = before;
  const std::string first = "<name>garden</name>";
  const std::string second = "<name>home</name>";
  const auto at_first = after.find(first);
  const auto at_second = after.find(second);
  ASSERT_LT(at_first, at_second);
  after.replace(at_second, second.size(), first);
  after.replace(at_first, first.size(), second);
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, fixture("deviceinfo-DS-7608NXI-I2.xml"))};
  site.answers["/ISAPI/ContentMgmt/InputProxy/channels"] = {answer(200, before), answer(200, after)};
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto was = device.session->facts();
  ASSERT_FALSE(device.open());
  const auto& is = device.session->facts();
  ASSERT_EQ(is.channels.size(), was.channels.size());
  for (std::size_t i = 0; i < is.channels.size(); ++i)
    EXPECT_EQ(is.channels[i].number, was.channels[i].number);
  EXPECT_EQ(was.channels[0].name, "garden");
  EXPECT_EQ(is.channels[0].name, "home");
  EXPECT_EQ(is.channels[1].name, "garden");
  EXPECT_EQ(is.serial, was.serial);
}

TEST(HikvisionLogin, a_dvr_without_ip_channels_has_its_local_inputs) {
  auto site = camera_site();
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, fixture("deviceinfo-iDS-7204HUHI-M1.xml"))};
  site.answers["/ISAPI/ContentMgmt/InputProxy/channels"] = {
      answer(200, fixture("inputproxy-iDS-7204HUHI-M1.xml"))};
  site.answers["/ISAPI/System/Video/inputs/channels"] = {
      answer(200, fixture("video-inputs-iDS-7204HUHI-M1.xml"))};
  site.answers["/ISAPI/Streaming/channels"] = {answer(403, fixture("lowPrivilege.json"), "application/json")};
  Device device{site};
  ASSERT_FALSE(device.open());
  EXPECT_EQ(device.session->facts().kind, "dvr");
  EXPECT_EQ(device.session->facts().channels.size(), 4U);
}

TEST(HikvisionLogin, an_access_terminal_has_no_channels) {
  auto site = camera_site();
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, fixture("deviceinfo-DS-K1T341AM-acs.xml"))};
  Device device{site};
  ASSERT_FALSE(device.open());
  EXPECT_EQ(device.session->facts().kind, "access");
  EXPECT_TRUE(device.session->facts().channels.empty());
}

TEST(HikvisionLogin, a_wrong_password_is_sent_exactly_once) {
  auto site = camera_site();
  site.password = "another";
  Device device{site};
  const auto why = device.open();
  EXPECT_EQ(why.code, Code::device_bad_credentials);
  EXPECT_NE(why.place.find("4 attempts left"), std::string::npos) << why.place;
  EXPECT_EQ(site.with_credentials, 1);
}

TEST(HikvisionLogin, a_locked_recorder_says_for_how_long) {
  Site site;
  Device device{site};
  FakeCamera locked{device.loop.executor(), [](Talk& talk, int) -> net::Task<> {
                      for (;;) {
                        const auto request = co_await talk.http_request();
                        if (request.empty()) co_return;
                        const auto reply = fixture("nvr-DS-9664NI-I8-locked.http");
                        co_await talk.send(reply);
                      }
                    }};
  device.target.spec.http_port = locked.port();
  const auto why = device.open();
  EXPECT_EQ(why.code, Code::device_locked);
  EXPECT_EQ(why.retry_after_s, 210);
  device.loop.run(locked.stop());
}

TEST(HikvisionLogin, a_401_of_too_many_sessions_is_no_wrong_password) {
  auto site = camera_site();
  site.refusal =
      answer(401,
             "<ResponseStatus><statusCode>4</statusCode><statusString>Invalid Operation</statusString>"
             "<subStatusCode>maxSessionReached</subStatusCode></ResponseStatus>",
             "application/xml", "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n\"\r\n");
  Device device{site};
  EXPECT_EQ(device.open().code, Code::device_sessions_full);
  EXPECT_EQ(site.wrong, 0);
}

TEST(HikvisionLogin, stale_nonces_cost_nothing) {
  auto site = camera_site();
  site.login = digest::Server{{.realm = "r", .qop = true, .max_uses = 1}, 3};
  Device device{site};
  EXPECT_FALSE(device.open());
  EXPECT_EQ(site.wrong, 0);
}

TEST(HikvisionLogin, another_device_at_this_address_is_left_alone_at_once) {
  auto site = camera_site();
  Device device{site};
  device.target.known_serial = "DS-2CD2146G2-ISU20990101AAWR000000001";
  EXPECT_EQ(device.open().code, Code::device_identity_mismatch);
  EXPECT_EQ(site.log.size(), 1U);
}

TEST(HikvisionLogin, refusals_have_their_own_codes) {
  const auto busy = isapi::write_response_status(isapi::status_busy("/x"), {});
  const auto low = isapi::write_response_status(isapi::status_low_privilege("/x"), {});
  auto inactive = isapi::status_low_privilege("/x");
  inactive.sub_status = "notActivated";
  const std::vector<std::pair<std::string, Code>> refusals = {
      {answer(503, busy, "application/xml", "Retry-After: 9\r\n"), Code::device_busy},
      {answer(403, low), Code::device_forbidden},
      {answer(403, isapi::write_response_status(inactive, {})), Code::device_not_activated},
      {answer(200, "<html><body>Login</body></html>", "text/html"), Code::device_unexpected_answer},
      {answer(200, "{\"a\":1}", "application/json"), Code::device_unexpected_answer},
      {answer(200, ""), Code::device_unexpected_answer},
      {answer(302, "", "text/html", "Location: https://127.0.0.1/\r\n"), Code::device_unexpected_answer},
      {answer(500, "oops", "text/html"), Code::device_error}};
  for (const auto& [reply, code] : refusals) {
    auto site = camera_site();
    site.refusal = reply;
    Device device{site};
    const auto why = device.open();
    EXPECT_EQ(why.code, code) << reply << why.text();
    if (code == Code::device_busy) {
      EXPECT_EQ(why.retry_after_s, 9);
    }
  }
}

TEST(HikvisionLogin, a_device_that_says_nothing_is_given_up_in_time) {
  auto site = camera_site();
  site.dead = true;
  Device device{site};
  device.options.request = 100ms;
  EXPECT_EQ(device.open().code, Code::net_timeout);
}

TEST(HikvisionLogin, odd_answers_behind_the_login_do_not_cost_the_session) {
  auto site = camera_site();
  site.answers["/ISAPI/Streaming/channels"] = {answer(200, "<html>", "text/html")};
  site.answers["/ISAPI/System/time"] = {answer(500, "")};
  Device device{site};
  EXPECT_FALSE(device.open());
  EXPECT_EQ(device.session->facts().channels.size(), 1U);
}

// --- alarms --------------------------------------------------------------------------------------------

TEST(HikvisionLogin, a_camera_that_dribbles_ends_with_the_call) {
  auto site = camera_site();
  site.drip = 20ms;
  Device device{site};
  device.options.request = 200ms;
  const auto began = std::chrono::steady_clock::now();
  const auto why = device.open();
  EXPECT_EQ(why.code, Code::net_timeout);
  EXPECT_EQ(why.place, "no answer to /ISAPI/System/deviceInfo");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(HikvisionLogin, the_calls_keep_the_budget_of_the_fleet) {
  auto site = camera_site();
  site.dead = true;
  Device device{site};
  device.options.request = 0ms;
  device.target.calls.call = 150ms;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(device.open().code, Code::net_timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(HikvisionLogin, a_camera_that_keeps_its_streams_to_itself_has_a_channel_all_the_same) {
  auto site = camera_site();
  site.answers["/ISAPI/Streaming/channels"] = {answer(403, fixture("lowPrivilege.json"), "application/json")};
  Device device{site};
  ASSERT_FALSE(device.open());
  ASSERT_EQ(device.session->facts().channels.size(), 1U);
  EXPECT_EQ(device.session->facts().channels[0].number, 1);
  ASSERT_EQ(device.session->facts().channels[0].profiles.size(), 1U);
}

TEST(HikvisionAlarms, a_401_for_the_stream_alone_is_a_missing_right_and_no_wrong_password) {
  auto site = camera_site();
  site.alarm_refuses = true;
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.impairments.empty(); }));
  EXPECT_EQ(codes(device.observer.impairments), std::vector<Code>{Code::device_forbidden});
  EXPECT_GE(device.observer.impairments[0].retry_after_s, 1'800);
  EXPECT_LE(site.wrong, 2) << "the cached nonce, and a fresh one";
}

TEST(HikvisionAlarms, a_stream_whose_head_comes_late_is_armed_in_the_end) {
  auto site = camera_site();
  site.alarms = {{.late = 250ms}};
  Device device{site};
  device.options.request = 100ms;
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.restorations.empty(); }));
  EXPECT_EQ(device.observer.restorations[0], Code::device_alarm_down);
}

TEST(HikvisionAlarms, events_of_a_captured_stream_arrive_and_heart_beats_are_none) {
  auto site = camera_site();
  site.alarms = {{.body = fixture("cam-DS-2CD2185FWD-I.multipart")}};
  Device device{site};
  const auto why = device.run([](Device& d) { return d.observer.events.size() >= 20; });
  EXPECT_FALSE(why) << why.text();
  EXPECT_TRUE(device.observer.impairments.empty());
  for (const auto& event : device.observer.events) {
    EXPECT_EQ(event.device.str(), "cam-1");
    EXPECT_FALSE(event.type.empty());
    EXPECT_FALSE(event.type == "videoloss" && event.phase == model::Phase::inactive);
  }
}

TEST(HikvisionAlarms, a_person_in_the_drive_is_one_event_and_duration_prolongs_it) {
  auto site = camera_site();
  site.alarms = {{.body = fixture("wifi-cam-fielddetection-human.multipart")}};
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return d.observer.events.size() >= 2; }));
  for (const auto& event : device.observer.events) EXPECT_EQ(event.type, "fielddetection");
  EXPECT_EQ(device.observer.events[0].channel, 1);
  EXPECT_EQ(device.observer.events[0].phase, model::Phase::active);
}

TEST(HikvisionAlarms, odd_parts_are_skipped_and_the_stream_goes_on) {
  const std::string vmd =
      "<EventNotificationAlert><channelID>1</channelID><eventType>VMD</eventType><eventState>active</"
      "eventState>"
      "<activePostCount></activePostCount></EventNotificationAlert>";
  auto site = camera_site();
  site.alarms = {
      {.body = "--boundary\r\nContent-Type: application/xml\r\nContent-Length: -5\r\n\r\n<nonsense/>\r\n"
               "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n\r\n\xFF\xD8\xFF\xD9\r\n"
               "--boundary\r\n--boundary\r\nContent-Type: application/xml\r\n\r\n" +
               vmd + vmd + "\r\n--boundary\r\n"}};
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return d.observer.events.size() >= 2; }));
  EXPECT_EQ(device.observer.events[0].type, "vmd");
}

TEST(HikvisionAlarms, a_recorder_that_ends_the_stream_is_asked_again_at_once_and_that_is_no_fault) {
  auto site = camera_site();
  site.alarms = {{.hold = false}, {.hold = false}, {.hold = false}, {}};
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return d.site.count(isapi::path::kAlertStream) >= 4; }));
  EXPECT_TRUE(device.observer.impairments.empty());
}

// Row 168: thousands that lost their power would each be asked three times over.
TEST(HikvisionAlarms, a_device_that_hangs_up_on_a_new_connection_is_not_asked_a_second_time) {
  auto site = camera_site();
  site.alarms = {{.hold = false}};
  Device device{site};
  ASSERT_FALSE(device.open());
  site.gone = true;
  const auto why = device.run([](Device&) { return false; });
  EXPECT_TRUE(why.code == Code::net_closed || why.code == Code::net_reset) << why.text();
  EXPECT_TRUE(device.observer.impairments.empty());
  EXPECT_EQ(device.camera.connections(), 3) << "control, alarms, and one that was made for the question";
}

TEST(HikvisionAlarms, a_stream_that_ends_as_soon_as_it_begins_is_not_asked_for_in_a_hot_loop) {
  auto site = camera_site();
  site.alarms = {{.hold = false}};
  Device device{site};
  device.options.alarm_stable = 5s;
  EXPECT_FALSE(device.run([](Device& d) { return d.observer.impairments.size() >= 3; }));
  EXPECT_EQ(device.observer.impairments[0].code, Code::device_alarm_down);
  EXPECT_LE(site.count(isapi::path::kAlertStream), 5);
}

TEST(HikvisionAlarms, a_404_means_that_the_slot_is_still_taken) {
  auto site = camera_site();
  site.alarms = {{.head = answer(404, fixture("notSupport-psialliance.xml"))}, {}};
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.restorations.empty(); }));
  EXPECT_EQ(codes(device.observer.impairments), std::vector<Code>{Code::device_alarm_down});
  EXPECT_EQ(device.observer.restorations[0], Code::device_alarm_down);
}

TEST(HikvisionAlarms, a_user_without_the_permission_leaves_the_device_degraded) {
  auto site = camera_site();
  site.alarms = {{.head = answer(403, fixture("lowPrivilege.json"), "application/json")}};
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.impairments.empty(); }));
  EXPECT_EQ(device.observer.impairments[0].code, Code::device_forbidden);
  EXPECT_GE(device.observer.impairments[0].retry_after_s, 300);
}

TEST(HikvisionAlarms, a_login_page_in_place_of_the_stream_is_not_taken_for_events) {
  auto site = camera_site();
  site.alarms = {{.head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", .body = "<html></html>"}};
  Device device{site};
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.impairments.empty(); }));
  EXPECT_TRUE(device.observer.events.empty());
}

TEST(HikvisionAlarms, a_stream_whose_heart_beats_stop_is_made_anew) {
  auto site = camera_site();
  site.alarms = {{.body = fixture("wifi-cam-ver10-duration.multipart")}, {}};
  Device device{site};
  device.options.alarm_silence = 100ms;
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.restorations.empty(); }));
  EXPECT_EQ(codes(device.observer.impairments), std::vector<Code>{Code::device_alarm_down});
}

// --- heartbeat -----------------------------------------------------------------------------------------

TEST(HikvisionHeartbeat, a_silent_device_is_asked) {
  auto site = camera_site();
  Device device{site};
  device.options.heartbeat_least = device.options.heartbeat_most = 20ms;
  EXPECT_FALSE(device.run([](Device& d) { return d.site.count("/ISAPI/System/time") >= 4; }));
  EXPECT_EQ(device.camera.connections(), 2) << "over the kept connection";
}

TEST(HikvisionHeartbeat, a_device_that_answers_no_more_is_over_after_two_questions) {
  auto site = camera_site();
  Device device{site};
  device.options.request = 50ms;
  device.options.heartbeat_least = device.options.heartbeat_most = 20ms;
  ASSERT_FALSE(device.open());
  site.dead = true;
  EXPECT_EQ(device.run([](Device&) { return false; }).code, Code::device_heartbeat_late);
}

TEST(HikvisionHeartbeat, a_password_that_was_changed_meanwhile_ends_the_session_with_one_attempt) {
  auto site = camera_site();
  Device device{site};
  device.options.heartbeat_least = device.options.heartbeat_most = 20ms;
  ASSERT_FALSE(device.open());
  site.password = "changed";
  EXPECT_EQ(device.run([](Device&) { return false; }).code, Code::device_bad_credentials);
  EXPECT_LE(site.wrong, 2) << "the cached nonce, and a fresh one";
}

TEST(HikvisionHeartbeat, a_clock_that_is_wrong_and_then_right_is_reported) {
  auto site = camera_site();
  site.answers["/ISAPI/System/time"] = {answer(200, device_time(3600s)), answer(200, device_time(0s))};
  Device device{site};
  device.options.heartbeat_least = device.options.heartbeat_most = 20ms;
  EXPECT_FALSE(device.run([](Device& d) { return !d.observer.restorations.empty(); }));
  EXPECT_EQ(codes(device.observer.impairments), std::vector<Code>{Code::device_clock_off});
  EXPECT_EQ(device.observer.restorations[0], Code::device_clock_off);
}

TEST(HikvisionSession, a_clock_that_was_set_right_is_seen_before_the_device_falls_silent) {
  auto site = camera_site();
  site.answers["/ISAPI/System/time"] = {answer(200, device_time(2h)), answer(200, device_time(0s))};
  Device device{site};
  device.options.clock_off_again = 20ms;  // the heart-beat has its ten seconds at least
  const auto why = device.run([](Device& it) { return !it.observer.restorations.empty(); });
  EXPECT_FALSE(why) << why.text();
  EXPECT_EQ(codes(device.observer.impairments), std::vector{Code::device_clock_off});
  EXPECT_EQ(device.observer.restorations, std::vector{Code::device_clock_off});
}

}  // namespace
}  // namespace camfleet::device
