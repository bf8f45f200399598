#include "net/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "net/loop.h"
#include "net/loop_groups.h"
#include "net/task_group.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

Task<> ask(WorkerPool& pool, Loop& loop, std::atomic<int>& sum, int n) {
  const auto here = std::this_thread::get_id();
  auto job = [n, here]() -> Result<int> {
    if (std::this_thread::get_id() == here) return fail(Code::net_io, "on the loop");
    return n;
  };
  auto running = pool.run(std::move(job));
  const auto answer = co_await std::move(running);
  EXPECT_TRUE(answer);
  EXPECT_TRUE(loop.inside());
  sum += answer.value_or(0);
}

TEST(WorkerPool, runs_elsewhere_and_answers_on_the_callers_loop) {
  Loops loops{2};
  loops.start();
  WorkerPool pool{2, 1'000, "test"};
  std::atomic<int> sum{0};
  for (int i = 1; i <= 100; ++i) {
    auto& loop = loops.at(static_cast<std::size_t>(i) % 2);
    block_on(loop.executor(), ask(pool, loop, sum, i));
  }
  EXPECT_EQ(sum, 5'050);
}

Task<> catch_thrown(WorkerPool& pool, bool& caught) {
  auto job = []() -> Result<int> { throw std::runtime_error{"a bug"}; };
  auto running = pool.run(job);
  try {
    co_await std::move(running);
  } catch (const std::runtime_error&) {
    caught = true;
  }
}

TEST(WorkerPool, an_exception_comes_back_to_the_caller) {
  Loops loops{1};
  loops.start();
  WorkerPool pool{1, 10, "test"};
  bool caught = false;
  block_on(loops.at(0).executor(), catch_thrown(pool, caught));
  EXPECT_TRUE(caught);
}

Task<> refused(WorkerPool& pool, Code& code) {
  auto job = []() -> Result<int> { return 1; };
  auto running = pool.run(job);
  const auto answer = co_await std::move(running);
  code = answer ? Code::ok : answer.error().code;
}

Task<> wait_long(WorkerPool& pool, std::shared_future<void> gate, std::shared_ptr<std::atomic<bool>> ran) {
  auto job = [gate, ran]() -> Result<int> {
    gate.wait();
    *ran = true;
    return 1;
  };
  auto running = pool.run(std::move(job));
  co_await std::move(running);
  ADD_FAILURE() << "its caller was cancelled";
}

Task<> cancel_while_it_runs(WorkerPool& pool, Loop& loop, std::promise<void>& gate,
                            std::shared_ptr<std::atomic<bool>> ran) {
  TaskGroup group{loop.executor()};
  group.spawn(wait_long(pool, gate.get_future().share(), ran));
  co_await sleep_until(SteadyTime{});
  auto stopping = group.stop();
  co_await std::move(stopping);
  gate.set_value();
}

TEST(WorkerPool, a_job_whose_caller_is_gone_runs_all_the_same) {
  Loops loops{1};
  loops.start();
  const auto ran = std::make_shared<std::atomic<bool>>(false);
  {
    WorkerPool pool{1, 10, "test"};
    std::promise<void> gate;
    block_on(loops.at(0).executor(), cancel_while_it_runs(pool, loops.at(0), gate, ran));
  }  // joins
  EXPECT_TRUE(*ran);
}

TEST(WorkerPool, a_full_queue_refuses) {
  Loops loops{1};
  loops.start();
  std::promise<void> gate;
  std::promise<void> begun;
  WorkerPool pool{1, 2, "test"};
  ASSERT_TRUE(pool.submit([&] {
    begun.set_value();
    gate.get_future().wait();
  }));
  begun.get_future().wait();
  ASSERT_TRUE(pool.submit([] {}));
  ASSERT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  Code code = Code::ok;
  block_on(loops.at(0).executor(), refused(pool, code));
  EXPECT_EQ(code, Code::net_no_slot);
  gate.set_value();
}

}  // namespace
}  // namespace camfleet::net
