#include "fleet/device_filter.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <utility>

namespace camfleet::fleet {
namespace {

using model::DeviceState;
using Given = std::initializer_list<std::pair<const char*, std::string>>;

Result<DeviceFilter> filter(Given given) {
  DeviceFilter out;
  for (const auto& [name, value] : given) {
    const auto taken = out.take(name, value);
    if (!taken) return fail(taken.error());
    EXPECT_TRUE(*taken) << name;
  }
  return out;
}

model::DeviceView gate() {
  model::DeviceView view;
  view.spec.id = model::DeviceId{"gate-7"};
  view.spec.name = "North Gate 北门 Ä";
  view.spec.address = "10.0.0.7";
  view.spec.drivers = {"hikvision", "rtsp"};
  view.spec.tags = {"north", "a,b", "停车场"};
  view.state = DeviceState::backoff;
  view.reason = Code::net_timeout;
  model::DeviceFacts facts;
  facts.model = "DS-2CD2143";
  facts.serial = "AAWR1234";
  view.facts = std::make_shared<const model::DeviceFacts>(facts);
  return view;
}

bool matches(Given given) {
  const auto made = filter(given);
  EXPECT_TRUE(made) << made.error().text();
  return made && made->matches(gate());
}

TEST(DeviceFilter, of_nothing_means_all) {
  EXPECT_TRUE(DeviceFilter{}.empty());
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({{"q", ""}}));
  EXPECT_TRUE(filter({{"q", "  "}})->empty());
}

TEST(DeviceFilter, takes_several_values_by_comma_and_by_repetition) {
  EXPECT_TRUE(matches({{"state", "online,backoff"}}));
  EXPECT_TRUE(matches({{"state", "online"}, {"state", "backoff"}}));
  EXPECT_FALSE(matches({{"state", "online,degraded"}}));
  EXPECT_TRUE(matches({{"tag", "south"}, {"tag", "north"}}));
  EXPECT_TRUE(matches({{"driver", "rtsp"}, {"reason", "net.refused,net.timeout"}, {"id", "x,gate-7"}}));
  EXPECT_TRUE(*filter({{"tag", "a"}, {"tag", "a"}}) == *filter({{"tag", "a"}}));
}

TEST(DeviceFilter, wants_every_field_that_was_given) {
  EXPECT_TRUE(matches({{"state", "backoff"}, {"tag", "north"}, {"q", "gate"}}));
  EXPECT_FALSE(matches({{"state", "online"}, {"tag", "north"}}));
  EXPECT_FALSE(matches({{"state", "backoff"}, {"tag", "south"}}));
  EXPECT_FALSE(matches({{"driver", "modbus"}}));
  EXPECT_FALSE(matches({{"reason", "net.refused"}}));
  EXPECT_FALSE(matches({{"id", "gate"}}));
}

TEST(DeviceFilter, finds_a_tag_with_a_comma_by_its_whole_text) {
  EXPECT_TRUE(matches({{"tag", "a,b"}}));
  EXPECT_TRUE(matches({{"tag", "停车场"}}));
  EXPECT_FALSE(matches({{"tag", "a"}}));
  EXPECT_FALSE(matches({{"tag", "NORTH"}}));  // a tag is a name, not a text
}

TEST(DeviceFilter, looks_for_text_in_every_field_that_people_know) {
  for (const char* text :
       {"gate-7", "GATE", "north g", "北门", "北", "0.0.7", "2cd21", "aawr", "停车", "Ä", " gate "})
    EXPECT_TRUE(matches({{"q", text}})) << text;
  for (const char* text : {"south", "门北", "ä", "10.0.0.77"}) EXPECT_FALSE(matches({{"q", text}})) << text;
  auto unseen = gate();
  unseen.facts = nullptr;
  EXPECT_FALSE(filter({{"q", "aawr"}})->matches(unseen));
}

TEST(DeviceFilter, takes_patterns_and_sql_as_the_text_that_they_are) {
  for (const char* text : {"%", "_", "%gate%", "gate*", "(a+)+$", ".*", "' OR 1=1 --",
                           "id;drop table devices", "gate\\", "[a-z]", "\"", "${jndi:x}"})
    EXPECT_FALSE(matches({{"q", text}})) << text;
  auto odd = gate();
  odd.spec.name = "100% (a+)+$ ';--";
  for (const char* text : {"%", "(a+)+$", "';--"}) EXPECT_TRUE(filter({{"q", text}})->matches(odd)) << text;
}

TEST(DeviceFilter, says_which_parameter_is_wrong) {
  const auto refused = [](Given given, const char* place) {
    const auto made = filter(given);
    ASSERT_FALSE(made) << place;
    EXPECT_EQ(made.error().code, Code::api_bad_request);
    EXPECT_TRUE(made.error().place.starts_with(place)) << made.error().place;
  };
  refused({{"state", "on"}}, "state: ");
  refused({{"state", ""}}, "state: ");
  refused({{"state", "online,"}}, "state: ");
  refused({{"state", ",online"}}, "state: ");
  refused({{"state", "ONLINE"}}, "state: ");
  refused({{"reason", "net.nothing"}}, "reason: ");
  refused({{"reason", "ok"}}, "reason: ");
  refused({{"tag", ""}}, "tag: ");
  refused({{"tag", "a,,b"}}, "tag: ");
  refused({{"tag", std::string(129, 'a')}}, "tag: ");
  refused({{"q", std::string(129, 'a')}}, "q: ");
  refused({{"q", "a"}, {"q", "b"}}, "q: ");
  refused({{"q", "\xFF"}}, "q: not UTF-8");
  refused({{"q", std::string("a\0b", 3)}}, "q: ");
  refused({{"driver", "a\nb"}}, "driver: control");
  std::string many = "0";
  for (int i = 1; i <= 64; ++i) many += "," + std::to_string(i);
  refused({{"id", many}}, "id: at most 64");
  refused({{"id", std::string(100'000, ',')}}, "id: ");
}

TEST(DeviceFilter, leaves_other_parameters_alone) {
  DeviceFilter out;
  for (const char* name : {"limit", "cursor", "sort", "", "State", "tags"})
    EXPECT_EQ(out.take(name, "x"), false);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace camfleet::fleet
