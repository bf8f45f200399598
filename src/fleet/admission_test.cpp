#include "fleet/admission.h"

#include <gtest/gtest.h>

#include <atomic>

#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::fleet {
namespace {

struct Tally {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> served{0};
};

net::Task<> one(Admission& admission, net::Loop& loop, std::string address, Tally& tally) {
  auto turn = admission.acquire(loop, std::move(address), Priority::normal);
  auto slot = co_await std::move(turn);
  const int now = ++tally.inside;
  for (int most = tally.most; now > most && !tally.most.compare_exchange_weak(most, now);) {
  }
  for (int i = 0; i < 3; ++i) co_await net::sleep_until(SteadyTime{});
  --tally.inside;
  ++tally.served;
}

net::Task<> all(net::TaskGroup& group, Admission& admission, net::Loop& loop, int count, Tally& tally) {
  for (int i = 0; i < count; ++i)
    group.spawn(
        one(admission, loop, "10.0." + std::to_string(i % 20) + "." + std::to_string(i % 250 + 1), tally));
  while (group.size() > 0) co_await net::sleep_for(std::chrono::milliseconds{1});
}

TEST(Admission, bounds_the_devices_of_all_loops_together) {
  net::Loops loops{2};
  loops.start();
  Admission admission{
      {.per_node = 5, .per_node_min = 5, .per_node_start = 5, .per_subnet = 3, .per_address = 1}};
  Tally tally;
  net::TaskGroup first{loops.at(0).executor()};
  net::TaskGroup second{loops.at(1).executor()};
  std::thread other{
      [&] { net::block_on(loops.at(1).executor(), all(second, admission, loops.at(1), 500, tally)); }};
  net::block_on(loops.at(0).executor(), all(first, admission, loops.at(0), 500, tally));
  other.join();
  EXPECT_EQ(tally.served, 1'000);
  EXPECT_LE(tally.most, 5);
  EXPECT_EQ(admission.numbers().connecting, 0U);
  EXPECT_EQ(admission.numbers().waiting, 0U);
  EXPECT_LE(admission.numbers().most, 5U);
}

net::Task<> hold(Admission& admission, net::Loop& loop, AdmissionSlot& slot) {
  auto turn = admission.acquire(loop, "10.0.0.1", Priority::normal);
  slot = co_await std::move(turn);
}

net::Task<> cancelled_waiter_leaves(Admission& admission, net::Loop& loop) {
  AdmissionSlot slot;
  auto holding = hold(admission, loop, slot);
  co_await std::move(holding);
  {
    net::TaskGroup group{loop.executor()};
    AdmissionSlot never;
    group.spawn(hold(admission, loop, never));
    while (admission.numbers().waiting == 0) co_await net::sleep_until(SteadyTime{});
    auto stopping = group.stop();
    co_await std::move(stopping);
    EXPECT_FALSE(never);
  }
  EXPECT_EQ(admission.numbers().waiting, 0U);
  EXPECT_EQ(admission.numbers().connecting, 1U);
}

TEST(Admission, a_cancelled_waiter_leaves_the_queue) {
  net::Loops loops{1};
  loops.start();
  Admission admission{{.per_node = 1, .per_node_min = 1, .per_node_start = 1}};
  net::block_on(loops.at(0).executor(), cancelled_waiter_leaves(admission, loops.at(0)));
  EXPECT_EQ(admission.numbers().connecting, 0U);
}

}  // namespace
}  // namespace camfleet::fleet
