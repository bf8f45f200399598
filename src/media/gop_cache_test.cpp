#include "media/gop_cache.h"

#include <gtest/gtest.h>

#include "media/cursor.h"

namespace camfleet::media {
namespace {

using namespace std::chrono_literals;

struct Item {
  std::uint32_t size = 10;
  SteadyTime arrival{};
  std::uint32_t timestamp = 0;
  bool key_start = false;
};

SteadyTime at(std::chrono::milliseconds ms) { return SteadyTime{} + 1h + ms; }
Item key(std::uint32_t timestamp, std::chrono::milliseconds ms = 0ms) {
  return {10, at(ms), timestamp, true};
}
Item other(std::uint32_t timestamp, std::chrono::milliseconds ms = 0ms) {
  return {10, at(ms), timestamp, false};
}

TEST(gop_cache, begins_with_the_newest_key_start) {
  GopCache<Item> cache{{}};
  cache.push(other(1));
  EXPECT_FALSE(cache.key());
  cache.push(key(2));
  cache.push(other(3));
  cache.push(key(4));
  cache.push(other(5));
  ASSERT_TRUE(cache.key());
  EXPECT_EQ(cache.key()->item, 3U);
  EXPECT_EQ(cache.key()->byte, 30U);
  cache.trim(cache.end());
  EXPECT_EQ(cache.begin().item, 3U);
  EXPECT_EQ(cache.bytes(), 20U);
}

TEST(gop_cache, two_key_marks_in_one_picture_are_one_beginning) {
  GopCache<Item> cache{{}};
  cache.push(key(7));
  cache.push(key(7));
  EXPECT_EQ(cache.key()->item, 0U);
}

TEST(gop_cache, a_group_past_its_bounds_cannot_be_begun_with_until_the_next_key) {
  GopCache<Item> cache{{.bytes = 30, .age = 1s}};
  cache.push(key(1));
  cache.push(other(2));
  cache.push(other(3));
  EXPECT_TRUE(cache.key());
  cache.push(other(4));
  EXPECT_FALSE(cache.key());
  EXPECT_EQ(cache.overflows(), 1U);
  cache.trim(cache.end());
  EXPECT_EQ(cache.bytes(), 0U);
  cache.push(key(5));
  EXPECT_TRUE(cache.key());
  cache.push(other(6, 2s));
  EXPECT_FALSE(cache.key()) << "too long ago";
}

TEST(gop_cache, keeps_what_a_slow_viewer_needs_but_not_past_its_bounds) {
  GopCache<Item> cache{{.bytes = 60, .age = 10s}};
  for (std::uint32_t i = 0; i < 4; ++i) cache.push(i % 2 == 0 ? key(i) : other(i));
  cache.trim({1, 10});
  EXPECT_EQ(cache.begin().item, 1U);
  for (std::uint32_t i = 4; i < 8; ++i) cache.push(i % 2 == 0 ? key(i) : other(i));
  cache.trim({1, 10});
  EXPECT_EQ(cache.begin().item, 2U) << "60 bytes are the limit";
}

TEST(cursor, a_late_comer_begins_with_the_key_frame_before) {
  GopCache<Item> cache{{}};
  cache.push(key(1));
  cache.push(other(2));
  Cursor cursor;
  cursor.join(cache, true);
  EXPECT_EQ(cursor.catch_up(cache, {}), 0U);
  EXPECT_FALSE(cursor.waiting());
  EXPECT_EQ(cursor.place().item, 0U);
}

TEST(cursor, waits_for_a_key_frame_and_calls_that_no_loss) {
  GopCache<Item> cache{{}};
  cache.push(other(1));
  Cursor cursor;
  cursor.join(cache, true);
  cache.push(other(2));
  EXPECT_EQ(cursor.catch_up(cache, {}), 0U);
  EXPECT_TRUE(cursor.waiting());
  cache.push(key(3));
  EXPECT_EQ(cursor.catch_up(cache, {}), 0U);
  EXPECT_FALSE(cursor.waiting());
  EXPECT_EQ(cursor.place().item, 2U);
}

TEST(cursor, who_is_too_far_behind_goes_on_at_the_newest_key_frame) {
  const LagLimits limits{.bytes = 40, .age = 10s};
  GopCache<Item> cache{{}};
  cache.push(key(1));
  Cursor cursor;
  cursor.join(cache, true);
  cursor.catch_up(cache, limits);
  cursor.advance(10);
  for (std::uint32_t i = 2; i < 6; ++i) cache.push(other(i));
  EXPECT_EQ(cursor.catch_up(cache, limits), 0U);
  cache.push(key(6));
  EXPECT_EQ(cursor.catch_up(cache, limits), 4U);
  EXPECT_EQ(cursor.place().item, 5U);
}

TEST(cursor, who_lost_the_packets_under_its_feet_waits_for_the_next_key_frame) {
  GopCache<Item> cache{{.bytes = 20, .age = 10s}};
  cache.push(key(1));
  Cursor cursor;
  cursor.join(cache, true);
  cursor.catch_up(cache, {});
  for (std::uint32_t i = 2; i < 6; ++i) cache.push(other(i));
  cache.trim(cursor.place());
  EXPECT_EQ(cursor.catch_up(cache, {}), 5U);
  EXPECT_TRUE(cursor.waiting());
  cache.push(key(9));
  cursor.catch_up(cache, {});
  EXPECT_FALSE(cursor.waiting());
  EXPECT_EQ(cursor.place().item, 5U);
}

}  // namespace
}  // namespace camfleet::media
