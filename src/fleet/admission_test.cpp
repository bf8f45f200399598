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
  auto turn = admission.acquire(loop, {.address = std::move(address)});
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
  auto turn = admission.acquire(loop, {.address = "10.0.0.1"});
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

net::Task<> try_it(Admission& admission, net::Loop& loop, std::string device, const CredentialHold& hold,
                   Outcome outcome, std::vector<std::string>& told, int& done) {
  Admission::Asking asking;
  asking.device = device;
  asking.address = "10.0.1." + device;
  asking.credential = &hold;
  asking.told = [&told](Error why) { told.push_back(why.text()); };
  auto turn = admission.acquire(loop, std::move(asking));
  auto slot = co_await std::move(turn);
  slot.outcome(outcome);
  ++done;
}

net::Task<> one_is_refused(Admission& admission, net::Loop& loop, std::vector<CredentialHold>& holds,
                           std::vector<std::string>& told) {
  int done = 0;
  net::TaskGroup pacing{loop.executor()};
  pacing.spawn(admission.pace(loop));
  auto first = try_it(admission, loop, "1", holds[0], Outcome::refused, told, done);
  co_await std::move(first);
  {
    net::TaskGroup group{loop.executor()};
    for (std::size_t i = 1; i < holds.size(); ++i)
      group.spawn(try_it(admission, loop, std::to_string(i + 1), holds[i], Outcome::success, told, done));
    while (done < static_cast<int>(holds.size())) co_await net::sleep_for(std::chrono::milliseconds{1});
  }
  auto ending = pacing.stop();
  co_await std::move(ending);
}

TEST(Admission, those_that_share_a_refused_password_say_so_and_come_by_themselves) {
  net::Loops loops{1};
  loops.start();
  Admission admission{{.suspect_per_second = 50}};
  {
    std::vector<CredentialHold> holds;
    for (int i = 0; i < 20; ++i) holds.push_back(admission.hold("admin", Secret{"hik12345"}));
    std::vector<std::string> told;
    net::block_on(loops.at(0).executor(), one_is_refused(admission, loops.at(0), holds, told));
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told[0], "fleet.credential_suspect: 1 refused it");
    EXPECT_EQ(admission.numbers().suspects, 0U);  // the successes opened it again
  }
  EXPECT_EQ(admission.numbers().connecting, 0U);
}

}  // namespace
}  // namespace camfleet::fleet
