#include "device/hikvision/rhythm.h"

#include <gtest/gtest.h>

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

TEST(Rhythm, a_stream_without_heart_beats_may_be_silent_for_ever) {
  EXPECT_EQ(Rhythm{}.silent_at(kStart, 60s), kNever);
}

TEST(Rhythm, three_missed_ones_mean_that_it_hangs_once_it_is_known) {
  Rhythm rhythm;
  rhythm.begin();
  rhythm.beat(kStart);
  EXPECT_EQ(rhythm.silent_at(kStart, 60s), kStart + 60s);
  rhythm.beat(kStart + 10s);
  EXPECT_EQ(rhythm.silent_at(kStart + 10s, 60s), kStart + 40s);
}

TEST(Rhythm, fast_and_slow_ones_have_their_bounds) {
  Rhythm fast;
  for (auto at = kStart; at < kStart + 10s; at += 1s) fast.beat(at);
  EXPECT_EQ(fast.silent_at(kStart, 60s), kStart + 15s);
  EXPECT_EQ(fast.silent_at(kStart, 5s), kStart + 5s);
  Rhythm slow;
  slow.beat(kStart);
  slow.beat(kStart + 40s);
  EXPECT_EQ(slow.silent_at(kStart, 60s), kStart + 60s);
}

TEST(Rhythm, a_pause_for_events_makes_it_patient_and_a_new_stream_does_not) {
  Rhythm rhythm;
  rhythm.beat(kStart);
  rhythm.beat(kStart + 5s);
  rhythm.beat(kStart + 17s);
  EXPECT_EQ(rhythm.silent_at(kStart, 60s), kStart + 36s);
  rhythm.begin();
  rhythm.beat(kStart + 1h);
  EXPECT_EQ(rhythm.silent_at(kStart, 60s), kStart + 36s);
}

TEST(Rhythm, an_uneven_one_is_not_made_anew_for_ever) {
  // Two quick ones, then one each 50 s: taken for dead after 15 s, 30 s, and then no more.
  Rhythm rhythm;
  auto at = kStart;
  int given_up = 0;
  for (int stream = 0; stream < 5; ++stream) {
    rhythm.begin();
    rhythm.beat(at);
    rhythm.beat(at + 1s);
    if (rhythm.silent_at(at + 1s, 60s) > at + 51s) break;
    rhythm.gave_up();
    ++given_up;
    at += 1min;
  }
  EXPECT_EQ(given_up, 2);
}

}  // namespace
}  // namespace camfleet::device
