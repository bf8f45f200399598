#include "fleet/turns.h"

#include <gtest/gtest.h>

#include "net/loop.h"
#include "net/loop_groups.h"
#include "net/task_group.h"
#include "net/within.h"

namespace camfleet::fleet {
namespace {

// Upper case when its turn comes, lower case when it ends.
net::Task<> visit(Turns& turns, std::vector<std::string> ids, std::string& log, char name) {
  auto taking = turns.take(std::move(ids));
  const auto turn = co_await std::move(taking);
  log += name;
  for (int i = 0; i < 5; ++i) co_await net::sleep_until(SteadyTime{});
  log += static_cast<char>(name + 32);
}

net::Task<> all_at_once(Turns& turns, std::string& log, net::Executor executor) {
  net::TaskGroup group{executor};
  group.spawn(visit(turns, {"1", "2"}, log, 'A'));
  group.spawn(visit(turns, {"2"}, log, 'B'));
  group.spawn(visit(turns, {"3"}, log, 'C'));
  group.spawn(visit(turns, {"1", "3"}, log, 'D'));
  group.spawn(visit(turns, {"2", "3", "1"}, log, 'E'));
  while (group.size() > 0) co_await net::sleep_until(SteadyTime{});
}

net::Task<> one_gives_up(Turns& turns, std::string& log, net::Executor executor) {
  net::TaskGroup group{executor};
  net::TaskGroup impatient{executor};
  group.spawn(visit(turns, {"1", "2"}, log, 'A'));
  impatient.spawn(visit(turns, {"1", "3"}, log, 'B'));
  group.spawn(visit(turns, {"3"}, log, 'C'));
  co_await net::sleep_until(SteadyTime{});
  auto leaving = impatient.stop();
  co_await std::move(leaving);
  group.spawn(visit(turns, {"1"}, log, 'D'));
  while (group.size() > 0) co_await net::sleep_until(SteadyTime{});
}

TEST(Turns, changes_of_one_device_wait_for_each_other_in_the_order_in_which_they_came) {
  net::Loops loops{1};
  loops.start();
  Turns turns;
  std::string log;
  net::block_on(loops.at(0).executor(), all_at_once(turns, log, loops.at(0).executor()));
  EXPECT_EQ(log.size(), 10U);
  const auto at = [&](char c) { return log.find(c); };
  EXPECT_LT(at('a'), at('B')) << log;
  EXPECT_LT(at('C'), at('a')) << log;  // beside it
  EXPECT_LT(at('a'), at('D')) << log;
  EXPECT_LT(at('c'), at('D')) << log;
  EXPECT_LT(at('b'), at('E')) << log;
  EXPECT_LT(at('d'), at('E')) << log;
}

TEST(Turns, who_is_cancelled_while_waiting_is_in_nobodys_way) {
  net::Loops loops{1};
  loops.start();
  Turns turns;
  std::string log;
  net::block_on(loops.at(0).executor(), one_gives_up(turns, log, loops.at(0).executor()));
  EXPECT_EQ(log.find('B'), std::string::npos) << log;
  EXPECT_EQ(log.size(), 6U) << log;
  EXPECT_LT(log.find('a'), log.find('D')) << log;
}

}  // namespace
}  // namespace camfleet::fleet
