#include "device/hcnetsdk/report.h"

#include <gmock/gmock.h>

#include "device/hcnetsdk/errors.h"

namespace camfleet::device::hcnetsdk {
namespace {

const model::DeviceId kDevice{"gate-7"};

TEST(HcNetSdkReport, a_document_is_read_as_the_alert_streams_are) {
  sdkhost::Alarm alarm;
  alarm.document =
      "<EventNotificationAlert "
      "version=\"2.0\"><channelID>3</channelID><dateTime>2026-11-28T10:00:00+08:00</dateTime>"
      "<activePostCount>1</activePostCount><eventType>VMD</eventType><eventState>active</eventState>"
      "<eventDescription>Motion alarm</eventDescription></EventNotificationAlert>";
  alarm.received_us = 1'700'000'000'000'000;
  alarm.pictures = {{"image/jpeg", "\xFF\xD8picture"}};
  const auto report = to_event(alarm, kDevice, isapi::DeviceKind::camera);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->from_document);
  EXPECT_EQ(report->event.type, "vmd");
  EXPECT_EQ(report->event.channel, 3);
  EXPECT_EQ(report->event.phase, model::Phase::active);
  EXPECT_EQ(report->event.source, model::EventSource::sdk);
  EXPECT_EQ(report->event.payload, alarm.document);
  ASSERT_EQ(report->event.pictures.size(), 1U);
  EXPECT_EQ(report->event.pictures[0].content_type, "image/jpeg");
}

TEST(HcNetSdkReport, an_alarm_of_the_library_has_the_same_words) {
  sdkhost::Alarm alarm;
  alarm.type = "vmd";
  alarm.state = sdkhost::AlarmState::active;
  alarm.channel = 33;
  alarm.time = "2026-11-28T10:00:00+08:00";
  alarm.detail = "region 2";
  const auto report = to_event(alarm, kDevice, isapi::DeviceKind::recorder);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->from_document);
  EXPECT_EQ(report->channel, 33);
  EXPECT_EQ(report->event.type, "vmd");
  EXPECT_EQ(report->event.detail, "region 2");
  EXPECT_TRUE(report->event.happened);
}

TEST(HcNetSdkReport, heart_beats_and_rubbish_are_no_events) {
  sdkhost::Alarm alarm;
  EXPECT_FALSE(to_event(alarm, kDevice, isapi::DeviceKind::camera));
  alarm.document = "<html>";
  EXPECT_FALSE(to_event(alarm, kDevice, isapi::DeviceKind::camera));
  alarm.document =
      "<EventNotificationAlert version=\"2.0\"><channelID>1</channelID><eventType>videoloss</eventType>"
      "<eventState>inactive</eventState><activePostCount>0</activePostCount></EventNotificationAlert>";
  EXPECT_FALSE(to_event(alarm, kDevice, isapi::DeviceKind::camera));
}

TEST(HcNetSdkErrors, a_lock_says_how_long) {
  sdkhost::Answer answer;
  answer.outcome = sdkhost::Outcome::library;
  answer.error = 153;
  answer.body = sdkhost::encode_body(sdkhost::LoginResult{.lock_told = true, .lock_seconds = 1'700});
  const auto why = login_error(answer);
  EXPECT_EQ(why.code, Code::device_locked);
  EXPECT_EQ(why.retry_after_s, 1'700);
}

TEST(HcNetSdkErrors, each_number_has_its_class) {
  EXPECT_EQ(code_of(1), Code::device_bad_credentials);
  EXPECT_EQ(code_of(152), Code::device_bad_credentials);
  EXPECT_EQ(code_of(153), Code::device_locked);
  EXPECT_EQ(code_of(5), Code::device_sessions_full);
  EXPECT_EQ(code_of(24), Code::device_busy);
  EXPECT_EQ(code_of(46), Code::sdk_hosts_full);
  EXPECT_EQ(code_of(7), Code::net_unreachable);
  EXPECT_EQ(code_of(10), Code::net_timeout);
  EXPECT_EQ(code_of(23), Code::device_not_supported);
  EXPECT_EQ(code_of(250), Code::device_not_activated);
  EXPECT_EQ(code_of(9999), Code::sdk_failed);
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
