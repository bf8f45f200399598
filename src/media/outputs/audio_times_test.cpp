#include "media/outputs/audio_times.h"

#include <gtest/gtest.h>

namespace camfleet::media {
namespace {

constexpr std::int64_t kFrame = 5'760;  // 1,024 samples of 16 kHz in 1/90,000 s

TEST(audio_times, frames_follow_each_other_whatever_their_timestamps_jitter) {
  AudioTimes times{16'000, 1'024};
  std::int64_t expected = 160;
  for (int i = 0; i < 100; ++i) {
    const auto place = times.place(900 + i * kFrame + (i % 3 - 1) * 400);  // 4 ms
    EXPECT_FALSE(place.drop);
    EXPECT_EQ(place.silence, 0U);
    if (i == 0) expected = place.time;
    EXPECT_EQ(place.time, expected + i * 1'024);
  }
}

TEST(audio_times, a_hole_is_filled_with_silence_and_what_comes_twice_is_left_out) {
  AudioTimes times{16'000, 1'024};
  EXPECT_EQ(times.place(0).time, 0);
  const auto late = times.place(5 * kFrame + 90);  // four frames are missing, and 16 samples
  EXPECT_EQ(late.silence, 4U);
  EXPECT_EQ(late.time, 1'024 + 16);
  EXPECT_EQ(times.time(), 6 * 1'024 + 16);
  EXPECT_TRUE(times.place(4 * kFrame).drop);
  EXPECT_EQ(times.time(), 6 * 1'024 + 16);
}

TEST(audio_times, a_small_shift_is_made_up_for_step_by_step) {
  AudioTimes times{16'000, 1'024};
  times.place(0);
  std::int64_t last = 0;
  for (int i = 1; i < 200; ++i) {
    const auto place = times.place(i * kFrame + 4'500);  // 50 ms later from now on
    EXPECT_FALSE(place.drop);
    EXPECT_GE(place.time - last, 1'024);
    EXPECT_LE(place.time - last, 1'040);
    last = place.time;
  }
  EXPECT_NEAR(static_cast<double>(last - 199 * 1'024), 800, 161);
}

TEST(audio_times, silence_covers_the_pictures_and_sound_then_stands_where_it_should) {
  AudioTimes times{16'000, 1'024};
  EXPECT_EQ(times.fill(0), 1U) << "a player can begin";
  EXPECT_EQ(times.fill(3'600), 0U);
  EXPECT_EQ(times.fill(7'200), 1U);
  EXPECT_TRUE(times.place(2'000).drop);
  const auto place = times.place(9'000);
  EXPECT_FALSE(place.drop);
  EXPECT_EQ(place.time, 1'600);
}

TEST(audio_times, absurd_and_unknown_places_do_not_count) {
  AudioTimes times{8'000, 1'024};
  EXPECT_TRUE(times.place(std::nullopt).drop) << "nothing to begin with";
  EXPECT_TRUE(times.place(-9'000).drop) << "before the first picture";
  times.place(0);
  EXPECT_EQ(times.place(90'000 * 6).time, 1'024);
  EXPECT_EQ(times.place(-90'000 * 3600LL).time, 2'048);
  EXPECT_EQ(times.place(std::nullopt).time, 3'072);
}

TEST(audio_times, a_long_quiet_is_bounded) {
  AudioTimes times{48'000, 1'024};
  times.fill(0);
  EXPECT_EQ(times.fill(90'000 * 3600LL), 512U);
  EXPECT_GT(times.time(), 48'000 * 3600LL) << "up to now all the same";
}

}  // namespace
}  // namespace camfleet::media
