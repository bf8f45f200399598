// Devices whose answers and alarm streams are odd on purpose; the numbers are those of docs/bad-inputs.md.
#include <gtest/gtest.h>

#include "device/hikvision/session.h"
#include "device/testing/hikvision_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::hikvision_rig;

std::string alert(const std::string& inside) {
  return "<EventNotificationAlert version=\"2.0\">" + inside + "</EventNotificationAlert>";
}
std::string motion(int count, const std::string& more = {}) {
  return alert(
      "<channelID>1</channelID><eventType>VMD</eventType><eventState>active</eventState><activePostCount>" +
      std::to_string(count) + "</activePostCount>" + more);
}
std::string part(const std::string& body, const std::string& boundary = "boundary") {
  return "--" + boundary +
         "\r\nContent-Type: application/xml\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body + "\r\n";
}

// Until `Count` events are there.
template <std::size_t Count>
bool enough(Device& device) {
  return device.observer.events.size() >= Count;
}

// Row 75.
TEST(HostileDevice, the_boundary_of_the_head_need_not_be_the_boundary_of_the_body) {
  for (const auto& type :
       {std::string("multipart/mixed"), std::string("multipart/mixed; boundary=\"other one\""),
        std::string("multipart/x-mixed-replace;boundary=--boundary"),
        "multipart/mixed; boundary=" + std::string(1500, 'b'), std::string("text/plain")}) {
    auto site = camera_site();
    site.alarms = {{.head = "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n",
                    .body = "\r\n" + part(motion(1)) + part(motion(2)) + part(motion(3), "another")}};
    Device device{site};
    EXPECT_FALSE(device.run(enough<3>)) << type;
  }
}

// Row 76.
TEST(HostileDevice, lengths_of_parts_may_lie) {
  for (const auto* length : {"Content-Length: 5\r\n", "Content-Length: 100000\r\n", "Content-Length: -1\r\n",
                             "Content-Length: 99999999999999999999\r\n", ""}) {
    auto site = camera_site();
    site.alarms = {{}};
    for (int i = 1; i <= 4; ++i)
      site.alarms[0].body += "--boundary\r\nContent-Type: application/xml\r\n" + std::string(length) +
                             "\r\n" + motion(i) + "\r\n";
    Device device{site};
    EXPECT_FALSE(device.run(enough<4>)) << length;
    EXPECT_TRUE(device.observer.impairments.empty());
  }
}

// Row 77.
TEST(HostileDevice, merged_and_cut_documents_cost_what_was_cut_alone) {
  auto site = camera_site();
  const auto cut = motion(3).substr(0, 60);
  site.alarms = {
      {.body = "--boundary\r\n\r\n" + motion(1) + motion(2) + "\r\n--boundary\r\n\r\n" + cut, .hold = false},
      {.body = part(motion(4))}};
  Device device{site};
  EXPECT_FALSE(device.run(enough<3>));
  std::vector<std::uint32_t> counts;
  for (const auto& event : device.observer.events) counts.push_back(event.count);
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{1, 2, 4}));
}

// Row 78: one before its event, or too large, is passed over.
TEST(HostileDevice, pictures_of_any_size_delay_no_event) {
  auto site = camera_site();
  const auto picture = [](std::size_t size) {
    return "--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, '\xAA') + "\r\n";
  };
  site.alarms = {{.body = picture(4) +
                          part(motion(1, "<detectionPicturesNumber>1</detectionPicturesNumber>")) +
                          picture(9'000'000) + part(motion(2))}};
  Device device{site};
  EXPECT_FALSE(device.run(enough<2>));
}

TEST(HostileDevice, an_event_has_the_pictures_that_it_announced_and_goes_without_those_that_do_not_come) {
  auto site = camera_site();
  const std::string jpeg = "\xFF\xD8" + std::string(100, 'x');
  const auto picture = "--boundary\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
                       std::to_string(jpeg.size()) + "\r\n\r\n" + jpeg + "\r\n";
  const std::string two = "<detectionPicturesNumber>2</detectionPicturesNumber>";
  site.alarms = {
      {.body = part(motion(1, two)) + picture + picture + part(motion(2, two)) + picture + part(motion(3))}};
  Device device{site};
  EXPECT_FALSE(device.run(enough<3>));
  const auto& events = device.observer.events;
  ASSERT_EQ(events[0].pictures.size(), 2U);
  EXPECT_EQ(events[0].pictures[0].content_type, "image/jpeg");
  EXPECT_EQ(events[0].pictures[0].data.size(), jpeg.size());
  EXPECT_EQ(events[1].pictures.size(), 1U);  // another document came
  EXPECT_TRUE(events[2].pictures.empty());
  EXPECT_NE(events[0].payload.find("<EventNotificationAlert"), std::string::npos);
}

// Rows 79, 80 and 90: what frames the answer is refused where it could be read in two ways.
TEST(HostileDevice, answers_framed_to_confuse_are_refused_with_a_code) {
  const std::string xml = fixture("deviceinfo-DS-2CD2146G2-ISU.xml");
  for (const auto& head : {std::string("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"),
                           std::string("Transfer-Encoding: chunked\r\n\r\n-5\r\n"),
                           "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(1'000'000, 'x'),
                           std::string("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello"),
                           std::string("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
                           std::string("Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
                           std::string("Content-Encoding: deflate\r\nContent-Length: 5\r\n\r\nhello")}) {
    auto site = camera_site();
    site.refusal = "HTTP/1.1 200 OK\r\n" + head;
    Device device{site};
    const auto code = device.open().code;
    EXPECT_TRUE(code == Code::http_bad_message || code == Code::http_too_large)
        << name(code) << head.substr(0, 60);
  }
  for (const auto* line : {"HTTP/1.1 999 X", "HTTP/0.9 200 OK", "<html>"}) {
    auto site = camera_site();
    site.refusal = std::string(line) + "\r\n\r\n";
    Device device{site};
    EXPECT_EQ(device.open().code, Code::http_bad_message) << line;
  }
}

// Row 83.
TEST(HostileDevice, a_storm_of_events_arrives_whole_and_in_order) {
  auto site = camera_site();
  site.alarms = {{}};
  for (int i = 1; i <= 2000; ++i) site.alarms[0].body += part(motion(i));
  Device device{site};
  EXPECT_FALSE(device.run(enough<2000>));
  for (std::size_t i = 0; i < 2000; ++i) ASSERT_EQ(device.observer.events[i].count, i + 1);
}

// Rows 84 and 85: what belongs together, and what has no end, is for the ledger to say; the session tells
// each report as it came, with its count.
TEST(HostileDevice, repetitions_and_events_without_beginning_or_end_are_told_as_they_came) {
  auto site = camera_site();
  const auto end =
      alert("<channelID>1</channelID><eventType>VMD</eventType><eventState>inactive</eventState>");
  site.alarms = {{.body = part(motion(1)) + part(motion(1)) + part(motion(2)) + part(end) + part(end)}};
  Device device{site};
  EXPECT_FALSE(device.run(enough<5>));
  EXPECT_EQ(device.observer.events[1].phase, model::Phase::active);
  EXPECT_EQ(device.observer.events[2].count, 2U);
  EXPECT_EQ(device.observer.events[4].phase, model::Phase::inactive);
}

// Row 86.
TEST(HostileDevice, the_time_of_an_event_is_kept_as_the_device_wrote_it) {
  const std::vector<std::string> times = {"1970-01-01T00:00:00+00:00",
                                          "2099-12-31T23:59:59+08:00",
                                          "2026-03-29T02:30:00",
                                          "2026-10-25T02:30:00+99:00",
                                          "2026-01-01 10:00:00",
                                          "yesterday",
                                          ""};
  auto site = camera_site();
  site.alarms = {{}};
  for (std::size_t i = 0; i < times.size(); ++i)
    site.alarms[0].body += part(motion(static_cast<int>(i), "<dateTime>" + times[i] + "</dateTime>"));
  const auto before = system_clock().wall();
  Device device{site};
  EXPECT_FALSE(device.run(enough<7>));
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(device.observer.events[i].device_time, times[i]);
    EXPECT_GE(device.observer.events[i].received, before);
  }
}

// Row 87.
TEST(HostileDevice, events_of_unknown_kinds_and_channels_are_events) {
  auto site = camera_site();
  site.alarms = {{.body = part(alert("")) +
                          part(alert("<channelID></channelID><eventType>teaTime</eventType>")) +
                          part(alert("<channelID>999</channelID><eventType>VMD</eventType>")) +
                          part(alert("<channelID>-3</channelID><eventType>MOTIONDETECTION</eventType>")) +
                          part("{\"eventType\": null}")}};
  Device device{site};
  EXPECT_FALSE(device.run(enough<5>));
  const auto& events = device.observer.events;
  EXPECT_EQ(events[0].type, "");
  EXPECT_EQ(events[1].type, "teatime");
  EXPECT_EQ(events[1].channel, 0);
  EXPECT_EQ(events[2].channel, 999);
  EXPECT_EQ(events[3].type, "vmd");
  EXPECT_EQ(events[3].channel, 0);
}

// Rows 91, 92, 93 and 100, as a device would send them at its login.
TEST(HostileDevice, documents_that_would_harm_are_refused_at_the_login) {
  std::string laughs = "<?xml version=\"1.0\"?><!DOCTYPE DeviceInfo [<!ENTITY a \"ha\">";
  for (char c = 'b'; c < 'l'; ++c)
    laughs += std::string("<!ENTITY ") + c + " \"&" + std::string(1, static_cast<char>(c - 1)) + ";&" +
              std::string(1, static_cast<char>(c - 1)) + ";\">";
  laughs += "]><DeviceInfo><deviceName>&k;</deviceName></DeviceInfo>";
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  const std::vector<std::pair<std::string, Code>> table = {
      {laughs, Code::xml_dtd_refused},
      {"<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><DeviceInfo/>", Code::xml_dtd_refused},
      {"<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/\"><DeviceInfo/>", Code::xml_dtd_refused},
      {"<DeviceInfo><!ENTITY % p SYSTEM \"http://127.0.0.1:9/\"></DeviceInfo>", Code::xml_dtd_refused},
      {deep, Code::xml_too_large},
      {"{\"DeviceInfo\":{}}", Code::device_unexpected_answer},
      {"<!DOCTYPE html>\n<html><body>Login</body></html>", Code::device_unexpected_answer},
      {"<html><body>Login</body></html>", Code::device_unexpected_answer},
      {"", Code::device_unexpected_answer}};
  for (const auto& [body, code] : table) {
    auto site = camera_site();
    site.answers["/ISAPI/System/deviceInfo"] = {answer(200, body)};
    Device device{site};
    EXPECT_EQ(device.open().code, code) << body.substr(0, 60);
  }
  auto site = camera_site();
  auto gbk = fixture("deviceinfo-DS-2CD2146G2-ISU.xml");
  const auto at = gbk.find("<model>") + 7;
  gbk.replace(at, gbk.find('<', at) - at, "\xC7\xB0\xC3\xC5");  // "front door" in GBK under a label of UTF-8
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, gbk)};
  Device device{site};
  EXPECT_FALSE(device.open());
  EXPECT_EQ(device.session->facts().model, "\xE5\x89\x8D\xE9\x97\xA8");
}

}  // namespace
}  // namespace camfleet::device
