// Loops, task groups, within, events, slots, backoff.
#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <set>

#include "net/backoff.h"
#include "net/event.h"
#include "net/loop.h"
#include "net/loop_groups.h"
#include "net/slots.h"
#include "net/task_group.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::run;
using testing::TestLoop;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

Task<> sleeper(int& ended, bool& cancelled) {
  struct Count {
    int& n;
    ~Count() { ++n; }
  } count{ended};
  try {
    co_await sleep_for(1h);
  } catch (const boost::system::system_error&) {
    cancelled = true;
    throw;
  }
}

Task<> nothing(int& ran) {
  ++ran;
  co_return;
}

TEST(TaskGroup, stop_cancels_every_task_and_waits_for_its_unwinding) {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  int ended = 0;
  bool cancelled = false;
  for (int i = 0; i < 3; ++i) group.spawn(sleeper(ended, cancelled));
  EXPECT_EQ(group.size(), 3u);
  loop.poll();
  EXPECT_EQ(ended, 0);
  loop.run(group.stop());
  EXPECT_EQ(ended, 3);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, a_task_that_is_cancelled_before_it_began_ends_without_running) {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  int ran = 0;
  group.spawn(nothing(ran));  // not on the loop's thread: it would begin with the loop's next turn
  group.cancel();
  loop.run(group.stop());
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, takes_no_task_after_cancel) {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  group.cancel();
  int ran = 0;
  group.spawn(nothing(ran));
  loop.poll();
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(group.size(), 0u);
}

Task<> cancels_own_group(TaskGroup& group, bool& went_on) {
  group.cancel();
  went_on = true;
  co_return;  // without a wait after it was cancelled
}

TEST(TaskGroup, a_task_may_cancel_its_own_group_and_return) {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  bool went_on = false;
  group.spawn(cancels_own_group(group, went_on));
  loop.run(group.stop());
  EXPECT_EQ(group.size(), 0u);
}

Task<> spawns_more(TaskGroup& group, int depth, int& ran) {
  ++ran;
  if (depth > 0) group.spawn(spawns_more(group, depth - 1, ran));
  co_return;
}

TEST(TaskGroup, a_task_may_spawn_into_its_own_group) {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  int ran = 0;
  group.spawn(spawns_more(group, 5, ran));
  loop.poll();
  EXPECT_EQ(ran, 6);
  EXPECT_EQ(group.size(), 0u);
}

Task<> session(Executor executor, int& ended, bool& cancelled) {
  TaskGroup inner{executor, "inner"};
  inner.spawn(sleeper(ended, cancelled));
  auto body = sleep_for(1h);
  co_await scoped(inner, std::move(body));
}

TEST(TaskGroup, scoped_empties_the_inner_group_when_the_outer_task_is_cancelled) {
  TestLoop loop;
  TaskGroup outer{loop.executor(), "outer"};
  int ended = 0;
  bool cancelled = false;
  outer.spawn(session(loop.executor(), ended, cancelled));
  loop.poll();
  loop.run(outer.stop());
  EXPECT_EQ(ended, 1);
  EXPECT_TRUE(cancelled);
}

Task<> waits_for(Event& bell, TaskGroup& inner, Task<> beside) {
  inner.spawn(std::move(beside));
  co_await bell.wait();
}

// Its body ends well in the turn in which the cancellation comes; then it would go on for ever.
Task<> goes_on(Executor executor, Event& bell, int& ended, bool& cancelled) {
  for (;;) {
    TaskGroup inner{executor, "inner"};
    auto body = waits_for(bell, inner, sleeper(ended, cancelled));
    co_await scoped(inner, std::move(body));
  }
}

TEST(TaskGroup, scoped_forgets_no_cancellation_that_comes_as_its_body_ends) {
  TestLoop loop;
  Event bell{loop.executor()};
  TaskGroup outer{loop.executor(), "outer"};
  int ended = 0;
  bool cancelled = false;
  outer.spawn(goes_on(loop.executor(), bell, ended, cancelled));
  loop.poll();
  bell.set();
  loop.run(outer.stop());
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(outer.size(), 0U);
}

Task<> cancels(TaskGroup& outer) {
  outer.cancel();
  co_return;
}

Task<> ends_soon(TaskGroup& inner, TaskGroup& by, TaskGroup& outer, Task<> beside) {
  inner.spawn(std::move(beside));
  co_await sleep_until(SteadyTime{});
  by.spawn(cancels(outer));
  co_await sleep_until(SteadyTime{});
}

// The body ends by itself, and the cancellation comes while the inner tasks unwind.
Task<> ends_at_once(Executor executor, TaskGroup& by, TaskGroup& outer, int& ended, bool& cancelled) {
  for (;;) {
    TaskGroup inner{executor, "inner"};
    auto body = ends_soon(inner, by, outer, sleeper(ended, cancelled));
    co_await scoped(inner, std::move(body));
  }
}

TEST(TaskGroup, scoped_waits_for_its_group_where_the_cancellation_comes_meanwhile) {
  TestLoop loop;
  TaskGroup by{loop.executor(), "by"};
  TaskGroup outer{loop.executor(), "outer"};
  int ended = 0;
  bool cancelled = false;
  outer.spawn(ends_at_once(loop.executor(), by, outer, ended, cancelled));
  loop.poll();
  loop.run(outer.stop());
  loop.run(by.stop());
  EXPECT_EQ(outer.size(), 0U);
  EXPECT_GE(ended, 1);
}

Task<> fails() {
  throw std::runtime_error("a bug");
  co_return;
}

[[maybe_unused]] void run_a_bug() {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(fails());
  loop.poll();
}

TEST(TaskGroupDeathTest, an_exception_that_is_no_cancellation_is_a_bug) {
#ifdef NDEBUG
  GTEST_SKIP() << "counted and logged in release builds";
#else
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(run_a_bug(), "a bug");
#endif
}

TEST(TaskGroup, is_cancellation_tells_a_cancelled_wait_from_a_bug) {
  EXPECT_FALSE(is_cancellation(nullptr));
  EXPECT_FALSE(is_cancellation(std::make_exception_ptr(std::runtime_error{"x"})));
  EXPECT_FALSE(is_cancellation(std::make_exception_ptr(
      boost::system::system_error(asio::error::make_error_code(asio::error::connection_reset)))));
  EXPECT_TRUE(is_cancellation(std::make_exception_ptr(
      boost::system::system_error(asio::error::make_error_code(asio::error::operation_aborted)))));
}

Task<Result<int>> answer_after(std::chrono::milliseconds delay, int value) {
  if (delay > 0ms) co_await sleep_for(delay);
  co_return value;
}

TEST(Within, gives_the_value_in_time) {
  EXPECT_EQ(run(within(in(5s), answer_after(0ms, 7))), 7);
  EXPECT_EQ(run(within(in(5s), answer_after(1ms, 8))), 8);
  EXPECT_EQ(run(within(kNever, answer_after(1ms, 9))), 9);
}

TEST(Within, is_a_timeout_at_that_place_when_late) {
  const auto late = run(within(in(5ms), answer_after(1h, 7), "login"));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::net_timeout);
  EXPECT_EQ(late.error().place, "login");
}

TEST(Within, is_late_at_once_with_a_deadline_that_has_passed) {
  const auto late = run(within(in(-1s), answer_after(1h, 7)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::net_timeout);
}

Task<Result<int>> throws_a_bug() {
  co_await sleep_for(1ms);
  throw std::logic_error{"bug"};
}

TEST(Within, passes_a_bug_on) { EXPECT_THROW(run(within(in(5s), throws_a_bug())), std::logic_error); }

Task<Result<int>> stubborn(bool& unwound) {
  struct Mark {
    bool& flag;
    ~Mark() { flag = true; }
  } mark{unwound};
  co_await sleep_for(1h);
  co_return 1;
}

Task<> waits_within(bool& unwound, bool& thrown) {
  try {
    auto inner = stubborn(unwound);
    auto outer = within(in(1h), std::move(inner));
    const auto result = co_await within(in(2h), std::move(outer));
    static_cast<void>(result);
  } catch (const boost::system::system_error& error) {
    thrown = error.code() == asio::error::operation_aborted;
    throw;
  }
}

TEST(Within, a_cancellation_from_above_goes_through_and_is_thrown_on) {
  TestLoop loop;
  TaskGroup group{loop.executor(), "g"};
  bool unwound = false;
  bool thrown = false;
  group.spawn(waits_within(unwound, thrown));
  loop.poll();
  loop.run(group.stop());
  EXPECT_TRUE(unwound);
  EXPECT_TRUE(thrown);
}

TEST(Within, has_unwound_the_late_task_when_it_returns) {
  bool unwound = false;
  const auto late = run(within(in(1ms), stubborn(unwound)));
  EXPECT_FALSE(late);
  EXPECT_TRUE(unwound);
}

TEST(Event, remembers_one_set_and_wakes_a_waiter) {
  TestLoop loop;
  Event event{loop.executor()};
  event.set();
  event.set();
  EXPECT_TRUE(loop.run(event.wait(in(-1s))));
  EXPECT_FALSE(loop.run(event.wait(in(1ms))));
  asio::post(loop.executor(), [&] { event.set(); });
  EXPECT_TRUE(loop.run(event.wait()));
  EXPECT_FALSE(event.is_set());
}

Task<> wait_for(Event& event, int& woken) {
  co_await event.wait();
  ++woken;
}

TEST(Event, a_cancelled_wait_throws_and_the_next_one_works) {
  TestLoop loop;
  Event event{loop.executor()};
  int woken = 0;
  {
    TaskGroup group{loop.executor(), "g"};
    group.spawn(wait_for(event, woken));
    loop.poll();
    loop.run(group.stop());
  }
  EXPECT_EQ(woken, 0);
  event.set();
  loop.run(wait_for(event, woken));
  EXPECT_EQ(woken, 1);
}

Task<> hold(Slots& slots, Event& release, std::vector<int>& order, int me) {
  auto slot = co_await slots.acquire(kNever);
  EXPECT_TRUE(slot.has_value());
  order.push_back(me);
  co_await release.wait();
}

TEST(Slots, serves_in_order_and_bounds_its_queue) {
  TestLoop loop;
  Slots slots{loop.executor(), 1, 2};
  Event first{loop.executor()}, second{loop.executor()}, third{loop.executor()};
  std::vector<int> order;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(hold(slots, first, order, 1));
  group.spawn(hold(slots, second, order, 2));
  group.spawn(hold(slots, third, order, 3));
  loop.poll();
  EXPECT_EQ(slots.taken(), 1u);
  EXPECT_EQ(slots.waiting(), 2u);
  const auto full = loop.run(slots.acquire(kNever));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::net_no_slot);
  first.set();
  loop.poll();
  second.set();
  loop.poll();
  third.set();
  loop.poll();
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(slots.taken(), 0u);
  EXPECT_EQ(group.size(), 0u);
}

TEST(Slots, a_waiter_that_gives_up_loses_nothing) {
  TestLoop loop;
  Slots slots{loop.executor(), 1, 8};
  auto held = slots.try_acquire();
  ASSERT_TRUE(held);
  const auto late = loop.run(slots.acquire(in(1ms)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::net_timeout);
  {
    Event never{loop.executor()};
    std::vector<int> order;
    TaskGroup group{loop.executor(), "g"};
    group.spawn(hold(slots, never, order, 1));
    loop.poll();
    held = Slot{};           // granted, and in the same moment
    loop.run(group.stop());  // cancelled
  }
  EXPECT_EQ(slots.taken(), 0u);
  EXPECT_EQ(slots.waiting(), 0u);
  EXPECT_TRUE(slots.try_acquire());
}

TEST(Slots, more_places_serve_the_waiting) {
  TestLoop loop;
  Slots slots{loop.executor(), 0, 8};
  Event release{loop.executor()};
  std::vector<int> order;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(hold(slots, release, order, 1));
  loop.poll();
  EXPECT_TRUE(order.empty());
  slots.resize(1);
  loop.poll();
  EXPECT_EQ(order.size(), 1u);
  loop.run(group.stop());
}

TEST(Backoff, draws_from_the_whole_range_and_doubles_up_to_the_cap) {
  Backoff backoff{1s, 60s, Rng{1}};
  std::chrono::milliseconds ceiling = 1s;
  for (int i = 0; i < 20; ++i) {
    EXPECT_LE(backoff.next(), ceiling);
    ceiling = std::min<std::chrono::milliseconds>(ceiling * 2, 60s);
  }
  std::chrono::milliseconds sum{0}, least = 60s, most{0};
  for (int i = 0; i < 1000; ++i) {
    const auto wait = backoff.next();
    sum += wait;
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_NEAR(static_cast<double>(sum.count()) / 1000, 30'000, 2'000);
  EXPECT_LT(least, 1s);
  EXPECT_GT(most, 59s);
}

TEST(Backoff, two_devices_do_not_come_back_in_step) {
  Backoff one{1s, 60s, Rng{1}}, other{1s, 60s, Rng{2}};
  int same = 0;
  for (int i = 0; i < 50; ++i) same += one.next() == other.next();
  EXPECT_LT(same, 5);
}

TEST(Backoff, starts_over_after_a_reset_and_keeps_its_floor) {
  Backoff backoff{100ms, 60s, Rng{1}, 50ms};
  for (int i = 0; i < 10; ++i) EXPECT_GE(backoff.next(), 50ms);
  backoff.reset();
  EXPECT_LE(backoff.next(), 100ms);
  backoff.set_cap(60ms);
  for (int i = 0; i < 10; ++i) EXPECT_LE(backoff.next(), 60ms);
}

Task<> note_loop(Loop*& where) {
  co_await sleep_for(1ms);
  where = Loop::current();
}

TEST(Loops, a_task_runs_on_the_loop_it_was_given_to) {
  Loops loops{2, "test"};
  loops.start();
  Loop* where = nullptr;
  block_on(loops.at(1).executor(), note_loop(where));
  EXPECT_EQ(where, &loops.at(1));
  EXPECT_EQ(Loop::current(), nullptr);
  EXPECT_EQ(loops.at(1).name(), "test-1");
}

Task<> visit(Loops& loops, Loop*& there, Loop*& back) {
  auto task = note_loop(there);
  co_await run_on(loops.at(1).executor(), std::move(task));
  back = Loop::current();
}

TEST(Loops, run_on_visits_another_loop_and_comes_back) {
  Loops loops{2};
  loops.start();
  Loop* there = nullptr;
  Loop* back = nullptr;
  block_on(loops.at(0).executor(), visit(loops, there, back));
  EXPECT_EQ(there, &loops.at(1));
  EXPECT_EQ(back, &loops.at(0));
}

TEST(Loops, pick_goes_round_and_a_key_stays) {
  Loops loops{3};
  std::set<Loop*> seen;
  for (int i = 0; i < 3; ++i) seen.insert(&loops.pick());
  EXPECT_EQ(seen.size(), 3u);
  std::set<Loop*> used;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "camera-" + std::to_string(i);
    EXPECT_EQ(&loops.for_key(key), &loops.for_key(key));
    used.insert(&loops.for_key(key));
  }
  EXPECT_EQ(used.size(), 3u);
}

TEST(LoopGroups, stop_ends_the_tasks_of_every_loop) {
  Loops loops{2};
  loops.start();
  LoopGroups groups{loops, "g"};
  std::atomic<int> ended = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    auto& loop = loops.at(i);
    auto spawn = [](LoopGroups& g, Loop& l, std::atomic<int>& n) -> Task<> {
      auto body = [](std::atomic<int>& count) -> Task<> {
        struct Count {
          std::atomic<int>& c;
          ~Count() { ++c; }
        } guard{count};
        co_await sleep_for(1h);
      };
      g.on(l).spawn(body(n));
      co_return;
    };
    block_on(loop.executor(), spawn(groups, loop, ended));
  }
  groups.stop_and_wait();
  EXPECT_EQ(ended, 2);
}

}  // namespace
}  // namespace camfleet::net
