#include "events/sinks/cloud_event.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "events/sinks/testing/fakes.h"
#include "events/sinks/topic.h"

namespace camfleet::events::sinks {
namespace {

namespace json = boost::json;

model::LedgerEntry line_crossing() {
  auto out = *testing::entry(4711, "gate-7", "linedetection");
  out.state = model::EventState::start;
  out.event = "mfrggzdfmztwq2lknnwg23tpoa";
  out.channel = 2;
  out.payload = "<EventNotificationAlert/>";
  return out;
}

TEST(CloudEvent, has_the_attributes_of_the_specification_and_ours) {
  const auto event = json::parse(cloud_event(line_crossing(), {})).as_object();
  EXPECT_EQ(event.at("specversion"), "1.0");
  EXPECT_EQ(event.at("id"), "mfrggzdfmztwq2lknnwg23tpoa/start");
  EXPECT_EQ(event.at("source"), "/camfleet/devices/gate-7");
  EXPECT_EQ(event.at("type"), "camfleet.alarm.start");
  EXPECT_EQ(event.at("subject"), "2/linedetection");
  EXPECT_EQ(event.at("time"), "2025-11-24T17:18:31.000Z");
  EXPECT_EQ(event.at("datacontenttype"), "application/json");
  EXPECT_EQ(event.at("sequence"), "00000000000000004711");
  EXPECT_EQ(event.at("partitionkey"), "gate-7");
  EXPECT_FALSE(event.contains("replayed"));
  EXPECT_EQ(event.at("data").at("type"), "linedetection");
  EXPECT_EQ(event.at("data").at("seq"), 4711);
  EXPECT_FALSE(event.at("data").as_object().contains("payload"));
  // Names of attributes: CloudEvents 1.0, "Naming Conventions".
  for (const auto& member : event)
    for (const char c : std::string_view{member.key()})
      EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) << member.key();
}

TEST(CloudEvent, is_the_same_again_but_for_the_mark) {
  const auto entry = line_crossing();
  EXPECT_EQ(cloud_event(entry, {}), cloud_event(entry, {}));
  auto again = json::parse(cloud_event(entry, {.replayed = true})).as_object();
  EXPECT_EQ(again.at("replayed"), true);
  again.erase("replayed");
  EXPECT_EQ(again, json::parse(cloud_event(entry, {})).as_object());
}

TEST(CloudEvent, takes_the_time_that_the_device_meant) {
  auto entry = line_crossing();
  entry.happened = WallTime{std::chrono::seconds{1'764'000'000}};
  EXPECT_EQ(json::parse(cloud_event(entry, {})).at("time"), "2025-11-24T16:00:00.000Z");
}

TEST(CloudEvent, what_the_gateway_tells_has_its_own_type_and_source) {
  auto entry = *testing::entry(1, "", "camfleet.blind");
  entry.state = model::EventState::end;
  EXPECT_EQ(type_of(entry), "camfleet.blind.end");
  EXPECT_EQ(source_of(entry), "/camfleet");
  EXPECT_EQ(key_of(entry), "camfleet");
}

TEST(CloudEvent, texts_of_devices_are_cleaned) {
  auto entry = line_crossing();
  entry.description = std::string{"caf\xe9 \0 \"门\"", 12};
  entry.payload = std::string(10, '\xff');
  const auto event = json::parse(cloud_event(entry, {.payload = true}));
  EXPECT_NE(std::string{event.at("data").at("description").as_string()}.find("\"门\""), std::string::npos);
  EXPECT_EQ(event.at("data").at("payload_cut"), false);
}

TEST(Topic, names_of_devices_make_no_levels_and_no_wildcards) {
  auto entry = line_crossing();
  EXPECT_EQ(topic_of("camfleet/{device}/{channel}/{type}/{state}", entry),
            "camfleet/gate-7/2/linedetection/start");
  entry.type = "a/b+c#d$e%f 门";
  EXPECT_EQ(topic_of("x/{type}", entry), "x/a%2Fb%2Bc%23d%24e%25f%20%E9%97%A8");
  entry.device = model::DeviceId{};
  EXPECT_EQ(topic_of("{device}/{unknown}/{", entry), "-/{unknown}/{");
}

}  // namespace
}  // namespace camfleet::events::sinks
