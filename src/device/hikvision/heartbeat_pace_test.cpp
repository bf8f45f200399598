// Days of heartbeats, none of which anybody waits for: time is a number here.
#include "device/hikvision/heartbeat_pace.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "device/hikvision/session.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;

class HeartbeatPaceTest : public testing::Test {
 protected:
  HeartbeatPace pace() const { return {options.heartbeat_least, options.heartbeat_most}; }
  const HikvisionOptions options;
  const std::chrono::milliseconds request = 5s;  // of model::CallBudget
  const SteadyTime begin{1h};
};

TEST_F(HeartbeatPaceTest, a_silent_device_is_asked_within_the_interval_all_day_long) {
  Rng rng{1};
  auto beats = pace();
  std::size_t asked = 0;
  for (auto now = begin; now < begin + 24h; ++asked) {
    const auto next = beats.next(now, rng.unit());
    EXPECT_GE(next - now, options.heartbeat_least * 4 / 5);
    EXPECT_LE(next - now, options.heartbeat_most);
    now = next + 3ms;  // it answers
    beats.answered();
  }
  EXPECT_GT(asked, 24 * 3600 / 20U);
  EXPECT_LT(asked, 24 * 3600 / 15U) << "a steady one is left alone for longer";
}

TEST_F(HeartbeatPaceTest, one_that_sends_by_itself_is_never_asked) {
  Rng rng{2};
  const auto beats = pace();
  for (auto now = begin; now < begin + 24h; now += 10s) EXPECT_GT(beats.next(now, rng.unit()), now + 10s);
}

TEST_F(HeartbeatPaceTest, a_shaky_one_is_asked_sooner_until_it_has_been_steady_for_a_while) {
  auto beats = pace();
  beats.failed();
  EXPECT_EQ(beats.next(begin, 0.999) - begin, std::chrono::milliseconds{9'998});
  for (int i = 0; i < 5; ++i) beats.answered();
  EXPECT_LT(beats.next(begin, 0.999) - begin, 15s);
  for (int i = 0; i < 100; ++i) beats.answered();
  EXPECT_LE(beats.next(begin, 0.999) - begin, options.heartbeat_most);
}

// From its last byte: the wait, then two questions that nobody answers.
TEST_F(HeartbeatPaceTest, a_half_open_connection_is_noticed_within_three_intervals_whenever_it_breaks) {
  Rng rng{3};
  for (int run = 0; run < 10'000; ++run) {
    auto beats = pace();
    for (auto answers = rng.below(30); answers > 0; --answers) beats.answered();
    if (rng.below(3) == 0) beats.failed();
    const auto interval = beats.next(begin, 0.9999) - begin;
    const auto noticed = beats.next(begin, rng.unit()) + 2 * request - begin;
    EXPECT_LE(noticed, std::max<SteadyTime::duration>(15s, 3 * interval)) << run;
  }
}

TEST_F(HeartbeatPaceTest, a_fleet_that_came_back_at_once_does_not_beat_in_step) {
  constexpr int kDevices = 9'000;
  std::vector<int> second(30);
  for (int i = 0; i < kDevices; ++i) {
    Rng rng{static_cast<std::uint64_t>(i)};
    const auto beats = pace();
    ++second[static_cast<std::size_t>((beats.next(begin, rng.unit()) - begin) / 1s)];
  }
  for (const int in_one : second) EXPECT_LT(in_one, kDevices / 2);
  // And later, when each has gone its own way, no second has much more than its share.
  std::vector<int> later(20);
  for (int i = 0; i < kDevices; ++i) {
    Rng rng{static_cast<std::uint64_t>(i)};
    auto beats = pace();
    auto now = begin;
    while (now < begin + 1h) {
      now = beats.next(now, rng.unit());
      beats.answered();
    }
    ++later[static_cast<std::size_t>((now - begin - 1h) / 1s)];
  }
  for (const int in_one : later) EXPECT_LT(in_one, kDevices / 10);
}

}  // namespace
}  // namespace camfleet::device
