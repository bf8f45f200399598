#include "fleet/command_rate.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;

TEST(CommandRate, a_reserve_at_once_and_then_so_many_a_second) {
  CommandRate rate{10, 3};
  SteadyTime now{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.take("a", now));
  EXPECT_FALSE(rate.take("a", now));
  EXPECT_TRUE(rate.take("b", now)) << "others have reserves of their own";
  now += 100ms;
  EXPECT_TRUE(rate.take("a", now));
  EXPECT_FALSE(rate.take("a", now));
  now += 10s;
  int taken = 0;
  while (rate.take("a", now)) ++taken;
  EXPECT_EQ(taken, 3) << "rest does not add up past the reserve";
}

TEST(CommandRate, who_has_rested_makes_room) {
  CommandRate rate{1, 1, 2};
  SteadyTime now{};
  EXPECT_TRUE(rate.take("a", now));
  EXPECT_TRUE(rate.take("b", now));
  EXPECT_FALSE(rate.take("c", now)) << "full of those who are still at it";
  EXPECT_TRUE(rate.take("c", now + 1s));
}

}  // namespace
}  // namespace camfleet::fleet
