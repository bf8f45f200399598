#include "net/task_group.h"

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <list>

#include "base/log.h"
#include "base/metrics.h"
#include "net/event.h"
#include "net/spawn.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

void report(const std::string& group, const std::exception_ptr& error) {
  std::string what = "unknown exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  static metrics::Counter& failures =
      metrics::counter("camfleet_task_failures_total", "Tasks that ended by an exception: each is a bug.");
  failures.add();
  log::error("net.task_failed", {{"group", group}, {"what", what}});
#ifndef NDEBUG
  std::fprintf(stderr, "a task of group %s failed: %s\n", group.c_str(), what.c_str());
  std::abort();
#endif
}

metrics::Gauge& running() {
  static metrics::Gauge& gauge = metrics::gauge("camfleet_tasks", "Tasks that run now.");
  return gauge;
}

}  // namespace

struct TaskGroup::Shared {
  struct One : Start {
    void ended(std::exception_ptr error) override {
      if (error && !is_cancellation(error)) report(group->name, error);
    }
    ~One() override {
      if (!group) return;
      group->tasks.erase(at);
      running().add(-1);
      if (group->tasks.empty()) group->empty.set();
    }
    std::shared_ptr<Shared> group;
    std::list<One*>::iterator at;
  };

  Shared(Executor e, std::string n) : executor(e), name(std::move(n)), empty(e) {}
  Executor executor;
  std::string name;
  std::list<One*> tasks;
  Event empty;
  bool stopping = false;
};

TaskGroup::TaskGroup(Executor executor, std::string name)
    : shared_(std::make_shared<Shared>(executor, std::move(name))) {}

TaskGroup::~TaskGroup() {
  if (shared_->tasks.empty()) return;
  // Its tasks refer to what is ending now; there is no way to go on from here.
  std::fprintf(stderr, "task group %s ended with %zu tasks\n", shared_->name.c_str(), shared_->tasks.size());
  std::abort();
}

void TaskGroup::spawn(Task<> task) {
  if (shared_->stopping) return;
  auto one = std::make_shared<Shared::One>();
  one->at = shared_->tasks.insert(shared_->tasks.end(), one.get());
  one->group = shared_;
  running().add(1);
  start(shared_->executor, std::move(task), std::move(one));
}

void TaskGroup::cancel() {
  shared_->stopping = true;
  // No task runs, and none leaves the list, inside of this: a cancelled wait completes by way of the loop.
  for (auto* task : shared_->tasks) task->cancel();
}

Task<> TaskGroup::stop() {
  cancel();
  while (!shared_->tasks.empty()) co_await shared_->empty.wait();
}

std::size_t TaskGroup::size() const { return shared_->tasks.size(); }
bool TaskGroup::stopping() const { return shared_->stopping; }
Executor TaskGroup::executor() const { return shared_->executor; }

Task<> scoped(TaskGroup& group, Task<> body) {
  std::exception_ptr error;
  try {
    co_await std::move(body);
  } catch (...) {
    error = std::current_exception();
  }
  // A cancellation may have come after the body's last wait, and may come while the group ends: the group is
  // waited for all the same, and then it is thrown, for it comes once.
  const auto state = co_await asio::this_coro::cancellation_state;
  bool cancelled = state.cancelled() != asio::cancellation_type::none;
  do {
    co_await asio::this_coro::reset_cancellation_state();
    try {
      co_await group.stop();
    } catch (...) {
      cancelled = true;
    }
    // One that came as the group became empty was not thrown: the wait was over.
    const auto now = co_await asio::this_coro::cancellation_state;
    cancelled = cancelled || now.cancelled() != asio::cancellation_type::none;
  } while (group.size() > 0);
  if (error) std::rethrow_exception(error);
  if (cancelled) throw_cancelled();
}

}  // namespace camfleet::net
