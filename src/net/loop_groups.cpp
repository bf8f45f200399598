#include "net/loop_groups.h"

#include <future>

#include "net/event.h"
#include "net/spawn.h"

namespace camfleet::net {
namespace {

struct Ending : Start {
  explicit Ending(std::function<void(std::exception_ptr)> t) : then(std::move(t)) {}
  void ended(std::exception_ptr error) override { then(std::move(error)); }
  std::function<void(std::exception_ptr)> then;
};

struct Visit {
  explicit Visit(Executor home) : back(home) {}
  Event back;
  bool done = false;
  std::exception_ptr error;
};

}  // namespace

Task<> run_on(Executor where, Task<> task) {
  const Executor home = co_await asio::this_coro::executor;
  auto visit = std::make_shared<Visit>(home);
  auto ended = std::make_shared<Ending>([home, visit](std::exception_ptr error) mutable {
    asio::post(home, [visit = std::move(visit), error = std::move(error)] {
      visit->error = error;
      visit->done = true;
      visit->back.set();
    });
  });
  start(where, std::move(task), std::move(ended));

  bool cancelled = false;
  while (!visit->done) {
    try {
      co_await visit->back.wait();
    } catch (...) {
      cancelled = true;
    }
    if (cancelled) co_await asio::this_coro::reset_cancellation_state();
  }
  if (visit->error) std::rethrow_exception(visit->error);
  if (cancelled) std::rethrow_exception(cancellation());
}

Task<> run_on_all(Loops& loops, std::function<Task<>(Loop&)> make) {
  const Executor home = co_await asio::this_coro::executor;
  struct All : Visit {
    using Visit::Visit;
    std::size_t left = 0;
  };
  auto all = std::make_shared<All>(home);
  all->left = loops.size();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    auto ended = std::make_shared<Ending>([home, all](std::exception_ptr error) {
      asio::post(home, [all, error = std::move(error)] {
        if (error) all->error = error;
        if (--all->left == 0) all->back.set();
      });
    });
    start(loops.at(i).executor(), make(loops.at(i)), std::move(ended));
  }
  bool cancelled = false;
  while (all->left > 0) {
    try {
      co_await all->back.wait();
    } catch (...) {
      cancelled = true;
    }
    if (cancelled) co_await asio::this_coro::reset_cancellation_state();
  }
  if (all->error) std::rethrow_exception(all->error);
  if (cancelled) std::rethrow_exception(cancellation());
}

void block_on(Executor where, Task<> task) {
  std::promise<void> promise;
  auto future = promise.get_future();
  auto ended = std::make_shared<Ending>([&promise](std::exception_ptr error) {
    if (error) {
      promise.set_exception(std::move(error));
    } else {
      promise.set_value();
    }
  });
  start(where, std::move(task), std::move(ended));
  future.get();
}

LoopGroups::LoopGroups(Loops& loops, const std::string& name) : loops_(loops) {
  for (std::size_t i = 0; i < loops.size(); ++i)
    groups_.push_back(std::make_unique<TaskGroup>(loops.at(i).executor(), name));
}

LoopGroups::~LoopGroups() = default;

Task<> LoopGroups::stop() {
  auto all = run_on_all(loops_, [this](Loop& loop) { return on(loop).stop(); });
  co_await std::move(all);
}

void LoopGroups::stop_and_wait() { block_on(loops_.at(0).executor(), stop()); }

}  // namespace camfleet::net
