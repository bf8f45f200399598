#include "net/pace.h"

#include <gtest/gtest.h>

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;

TEST(Pace, one_that_comes_alone_goes_at_once) {
  Pace pace;
  SteadyTime now{1h};
  for (int i = 0; i < 100; ++i, now += 2ms) EXPECT_EQ(pace.next(now, 1ms, 1), now);
}

TEST(Pace, of_a_crowd_a_few_go_at_once_and_the_rest_one_by_one) {
  Pace pace;
  const SteadyTime now{1h};
  for (int i = 0; i < 4500; ++i) {
    const auto wait = std::max<Pace::Duration>(0ms, (i - 7) * 1ms);
    ASSERT_EQ(pace.next(now, 1ms, 8) - now, wait) << i;
  }
  // Who comes later stands behind them, and after the crowd has gone all is as before.
  EXPECT_EQ(pace.next(now + 1s, 1ms, 8), now + 4493ms);
  EXPECT_EQ(pace.next(now + 5s, 1ms, 8), now + 5s);
}

TEST(Pace, never_more_than_the_pace_and_the_burst_in_any_span) {
  Pace pace;
  std::vector<SteadyTime> given;
  SteadyTime now{1h};
  for (int i = 0; i < 2000; ++i) {
    given.push_back(pace.next(now, 1ms, 8));
    if (i % 5 == 0) now += (i % 3) * 1ms;
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto end = std::ranges::upper_bound(given, given[i] + 100ms) - given.begin();
    EXPECT_LE(end - static_cast<std::ptrdiff_t>(i), 100 + 8 + 1);
  }
}

TEST(Pace, without_a_distance_all_go_at_once) {
  Pace pace;
  const SteadyTime now{1h};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pace.next(now, 0ms, 8), now);
}

}  // namespace
}  // namespace camfleet::net
