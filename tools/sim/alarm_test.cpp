#include "sim/alarm.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace camfleet::sim {
namespace {

TEST(AlarmPlan, is_the_same_for_the_same_seed_and_differs_between_devices) {
  AlarmPlan a{7, 3, 1.0}, b{7, 3, 1.0}, other{7, 4, 1.0};
  int same = 0;
  for (int i = 0; i < 50; ++i) {
    const auto gap = a.next_gap();
    EXPECT_EQ(gap, b.next_gap());
    same += gap == other.next_gap() ? 1 : 0;
    const auto alarm = a.next(16);
    const auto again = b.next(16);
    EXPECT_EQ(alarm.type, again.type);
    EXPECT_EQ(alarm.channel, again.channel);
    EXPECT_EQ(alarm.seconds, again.seconds);
    other.next(16);
    EXPECT_GE(alarm.channel, 1);
    EXPECT_LE(alarm.channel, 16);
    EXPECT_GE(alarm.seconds, 1u);
  }
  EXPECT_LT(same, 5);
}

TEST(AlarmPlan, lasts_no_longer_than_asked_for) {
  AlarmPlan plan{1, 0, 6.0, 2};
  std::uint32_t longest = 0;
  for (int i = 0; i < 100; ++i) longest = std::max(longest, plan.next(1).seconds);
  EXPECT_EQ(longest, 2u);
}

TEST(AlarmPlan, comes_as_often_as_asked_for) {
  AlarmPlan plan{1, 0, 6.0};
  std::chrono::milliseconds sum{0};
  for (int i = 0; i < 5000; ++i) sum += plan.next_gap();
  EXPECT_NEAR(static_cast<double>(sum.count()) / 5000, 10'000, 600);
  EXPECT_TRUE((AlarmPlan{1, 0, 0}.quiet()));
}

}  // namespace
}  // namespace camfleet::sim
