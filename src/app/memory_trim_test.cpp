#include "app/memory_trim.h"

#include <gtest/gtest.h>

namespace camfleet::app {
namespace {

using namespace std::chrono_literals;

struct Day {
  MemoryTrim trim;
  SteadyTime now{1h};
  std::uint64_t moves = 0;
  int times = 0;
  void pass(std::chrono::seconds time, std::uint64_t per_second) {
    for (; time > 0s; time -= 1s, now += 1s) {
      moves += per_second;
      times += trim.due(moves, now) ? 1 : 0;
    }
  }
};

TEST(MemoryTrim, comes_once_after_a_storm_when_it_is_calm) {
  Day day;
  day.pass(10s, 3000);
  EXPECT_EQ(day.times, 0) << "not while it lasts";
  day.pass(60s, 0);
  EXPECT_EQ(day.times, 1);
  day.pass(3600s, 0);
  EXPECT_EQ(day.times, 1);
  day.pass(5s, 1000);
  day.pass(60s, 1);
  EXPECT_EQ(day.times, 2);
}

TEST(MemoryTrim, does_not_come_for_little_nor_while_a_part_flaps) {
  Day day;
  day.pass(60s, 10);
  EXPECT_EQ(day.times, 0);
  day.pass(3600s, 200);
  EXPECT_EQ(day.times, 0);
}

}  // namespace
}  // namespace camfleet::app
