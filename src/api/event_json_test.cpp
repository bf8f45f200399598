#include "api/event_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace camfleet::api {
namespace {

TEST(EventJson, a_moment_has_its_zone) {
  const auto noon = parse_moment("2026-11-28T16:00:00Z");
  ASSERT_TRUE(noon);
  EXPECT_EQ(to_rfc3339(*noon), "2026-11-28T16:00:00.000Z");
  EXPECT_EQ(parse_moment("2026-11-28T17:00:00+01:00"), noon);
  for (const auto* bad : {"", "yesterday", "2026-11-28T16:00:00", "24h"})
    EXPECT_FALSE(parse_moment(bad)) << bad;
}

TEST(EventJson, what_a_device_said_is_text_whatever_it_is) {
  model::LedgerEntry entry;
  entry.event = "abc";
  entry.state = model::EventState::end;
  entry.type = "vmd";
  entry.description = "\xFF<script>";
  entry.pictures.push_back({"2026-11-28_0", "image/jpeg", 7});
  const auto out = to_json(entry, Language::zh);
  EXPECT_EQ(out.at("id").as_string(), "abc/end");
  EXPECT_EQ(out.at("type_text").as_string(), "移动侦测");
  EXPECT_EQ(out.at("description").as_string(), "\xEF\xBF\xBD<script>");
  EXPECT_TRUE(out.at("happened").is_null());
  EXPECT_EQ(out.at("pictures").as_array()[0].at("url").as_string(), "/api/v1/events/pictures/2026-11-28_0");
}

TEST(EventJson, an_interval_that_goes_on_is_as_long_as_it_is_now) {
  model::BlindInterval interval;
  interval.from = WallTime{std::chrono::seconds{1'790'000'000}};
  interval.reason = Code::blind_link_down;
  const auto out = to_json(interval, interval.from + std::chrono::milliseconds{1'500}, Language::en);
  EXPECT_TRUE(out.at("to").is_null());
  EXPECT_EQ(out.at("seconds").as_double(), 1.5);
  EXPECT_EQ(out.at("reason").as_string(), "blind.link_down");
}

}  // namespace
}  // namespace camfleet::api
