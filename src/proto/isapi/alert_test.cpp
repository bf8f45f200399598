#include "proto/isapi/alert.h"

#include <gtest/gtest.h>

#include "proto/isapi/testing/fixture.h"
#include "proto/isapi/write.h"

namespace camfleet::isapi {
namespace {

Alert read(const std::string& file, DeviceKind kind = DeviceKind::unknown) {
  auto alert = parse_alert(fixture("events/" + file), kind);
  EXPECT_TRUE(alert) << file;
  return alert ? *alert : Alert{};
}

TEST(Alert, intrusion_with_its_region) {
  const auto alert = read("fielddetection-human.xml");
  Alert expected;
  expected.type = expected.kind = "fielddetection";
  expected.state = AlertState::active;
  expected.channel = 1;
  expected.channel_text = "1";
  expected.channel_name = "COUR NORD";
  expected.time_text = "2022-01-31T13:53:05+01:00";
  expected.time = parse_time(expected.time_text);
  expected.count = 1;
  expected.description = "fielddetection alarm";
  expected.target = "human";
  expected.regions = {{3, 50, {{572, 100}, {572, 995}, {999, 998}, {992, 210}}, "human"}};
  expected.address = "1.0.0.255";
  expected.mac = "ac:b9:2f:00:00:01";
  expected.pictures = 1;
  EXPECT_EQ(alert, expected);
}

TEST(Alert, heartbeats_in_their_disguises) {
  EXPECT_TRUE(read("heartbeat-DVR-208G-M1-channel0.xml").heartbeat);
  EXPECT_EQ(read("heartbeat-DVR-208G-M1-channel0.xml").channel, 0);
  EXPECT_TRUE(read("heartbeat-psia-other.xml").heartbeat);
  EXPECT_EQ(read("heartbeat-psia-other.xml").serial, "HNDB302-W0120180319WR000000000CLU");
  EXPECT_TRUE(read("videoloss-V5.3.0-tz-one-digit.xml").heartbeat);
  EXPECT_EQ(to_rfc3339(read("videoloss-V5.3.0-tz-one-digit.xml").time->utc()), "2016-12-25T02:59:49.000Z");
  EXPECT_TRUE(read("empty-activePostCount.xml").heartbeat);
  EXPECT_EQ(read("empty-activePostCount.xml").count, std::nullopt);
  EXPECT_EQ(read("empty-activePostCount.xml").channel_text, "");
  EXPECT_TRUE(parse_alert(R"({"eventType":"heartBeat","eventState":"active"})")->heartbeat);
  EXPECT_FALSE(
      parse_alert(
          "<EventNotificationAlert><channelID>5</channelID><eventType>videoloss</eventType>"
          "<eventState>inactive</eventState><activePostCount>0</activePostCount></EventNotificationAlert>")
          ->heartbeat);
  EXPECT_FALSE(
      parse_alert(
          "<EventNotificationAlert><channelID>1</channelID><eventType>videoloss</eventType>"
          "<eventState>active</eventState><activePostCount>0</activePostCount></EventNotificationAlert>")
          ->heartbeat);
}

TEST(Alert, channels_by_the_rules) {
  EXPECT_EQ(read("nvr-psialliance-channel34.xml", DeviceKind::recorder).channel, 2);
  EXPECT_EQ(read("nvr-psialliance-channel34.xml", DeviceKind::camera).channel, 34);
  EXPECT_EQ(read("nvr-psialliance-channel34.xml").channel_text, "34");
  EXPECT_EQ(read("nvr-psialliance-channel34.xml").serial, "DS-7608NXI-I0/0P/S0000000000CCRRJ00000000WCVU");
  EXPECT_EQ(read("vmd-no-namespace-dynchannel2.xml").channel, 2);
  const auto of = [](std::string_view dynamic, std::string_view fixed) {
    return parse_alert("<EventNotificationAlert><dynChannelID>" + std::string{dynamic} +
                           "</dynChannelID><channelID>" + std::string{fixed} +
                           "</channelID></EventNotificationAlert>",
                       DeviceKind::recorder)
        ->channel;
  };
  EXPECT_EQ(of("5", "37"), 5);
  EXPECT_EQ(of("40", "1"), 40);
  EXPECT_EQ(of("", "37"), 5);
  EXPECT_EQ(of("", "32"), 32);
  for (const auto* none : {"", "0", "-1", "x", "99999", "4294967297"}) EXPECT_EQ(of("", none), 0) << none;
}

TEST(Alert, motion_with_a_target_while_the_count_is_zero) {
  const auto alert = read("vmd-nvr-targettype.xml");
  EXPECT_EQ(alert.kind, "vmd");
  EXPECT_EQ(alert.type, "VMD");
  EXPECT_EQ(alert.state, AlertState::active);
  EXPECT_EQ(alert.count, 0);
  EXPECT_EQ(alert.target, "human");
  EXPECT_FALSE(alert.heartbeat);
}

TEST(Alert, duration_names_what_it_prolongs) {
  const auto alert = read("duration-fielddetection.xml");
  EXPECT_EQ(alert.kind, "duration");
  EXPECT_EQ(alert.related, "fielddetection");
  EXPECT_EQ(alert.channel_name, "yard");
}

TEST(Alert, input_port_and_plate) {
  EXPECT_EQ(read("io-active-DS-2CD2T46G2-ISU.xml").io_port, "1");
  EXPECT_EQ(read("io-active-DS-2CD2T46G2-ISU.xml").kind, "io");
  const auto plate = read("anpr-std-cgi-ver10.xml");
  EXPECT_EQ(plate.kind, "anpr");
  EXPECT_EQ(plate.count, std::nullopt);
  EXPECT_TRUE(is_pulse(plate.kind));
  EXPECT_FALSE(is_pulse("vmd"));
}

TEST(Alert, a_door_in_json) {
  const auto alert = read("acs-DS-K1T502-door-open.json");
  EXPECT_EQ(alert.kind, "accesscontrollerevent");
  EXPECT_EQ(alert.address, "192.0.2.70");
  EXPECT_EQ(alert.count, 1);
  ASSERT_TRUE(alert.access);
  EXPECT_EQ(*alert.access, (AccessEvent{5, 21, 257, true, "DS-K1T502DBFWX-C", 1}));
}

TEST(Alert, nothing_known_is_still_an_alert) {
  const auto alert = parse_alert("<EventNotificationAlert/>");
  ASSERT_TRUE(alert);
  EXPECT_EQ(alert->kind, "");
  EXPECT_EQ(alert->state, AlertState::unknown);
  EXPECT_TRUE(parse_alert(R"({"eventType":null})"));
  EXPECT_EQ(parse_alert("<SubscribeEventResponse/>").error().code, Code::device_unexpected_answer);
  EXPECT_EQ(parse_alert("{\"a\":1}").error().code, Code::device_unexpected_answer);
}

TEST(Alert, one_name_for_each_type) {
  EXPECT_EQ(canonical_type("VMD"), "vmd");
  EXPECT_EQ(canonical_type("motionDetection"), "vmd");
  EXPECT_EQ(canonical_type("VMDHumanVehicle"), "vmd");
  EXPECT_EQ(canonical_type("VMD-1"), "vmd");
  EXPECT_EQ(canonical_type("shelteralarm"), "tamperdetection");
  EXPECT_EQ(canonical_type("a-b"), "a-b");
  EXPECT_EQ(canonical_type("-1"), "-1");
}

TEST(Alert, what_is_written_is_read) {
  auto alert = read("fielddetection-human.xml");
  alert.pictures = 0;  // are not written
  for (const auto ns : {kHikVer20, kHikVer10, kIsapiVer20, kPsia, std::string_view{}}) {
    EXPECT_EQ(*parse_alert(write_alert(alert, {.xml_namespace = std::string{ns}, .newline = "\r\n"})), alert);
  }
  const auto beat =
      heartbeat(DeviceInfo{.mac = "c0:6d:ed:00:00:01"}, "10.0.0.7", "2026-01-01T00:00:00+08:00");
  EXPECT_EQ(*parse_alert(write_alert(beat, {})), beat);
  EXPECT_EQ(*parse_alert(write_alert(beat, {}, true), DeviceKind::recorder), beat);
}

}  // namespace
}  // namespace camfleet::isapi
