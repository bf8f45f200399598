#pragma once
#include <cstddef>
#include <exception>
#include <memory>
#include <string>

#include "net/asio.h"

namespace camfleet::net {

// The owner of running tasks: nothing is detached. All calls are made on the group's loop. Make it the last
// member of what its tasks refer to, and stop() it before that ends; the destructor insists that no task is
// left.
//
// A task ends by returning or by cancellation. Any other exception is a bug: it is logged with the group's
// name, counted (camfleet_task_failures_total) and, in debug builds, ends the process.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor, std::string name = "tasks");
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  // Starts `task`, at once or with the loop's next turn. After cancel() the task is dropped without being
  // started. The coroutine takes values, or references to what outlives this group; a coroutine lambda
  // captures nothing.
  void spawn(Task<> task);

  // Asks every task to end, once; each unwinds on this loop, later. No task starts from now on.
  void cancel();
  // cancel(), then waits until the last task has ended. To be called by one task outside the group.
  Task<> stop();

  std::size_t size() const;
  bool stopping() const;
  Executor executor() const;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

// Runs `body`, then stops `group`, however the body ended: a coroutine that was cancelled could not await
// stop() itself, since every co_await throws then. Throws what the body threw, after the group is empty.
// Tasks are spawned by the body: where the caller was cancelled already, its co_await throws before scoped()
// begins, and the group must be empty then.
Task<> scoped(TaskGroup& group, Task<> body);

// True for the exception by which a cancelled co_await unwinds.
bool is_cancellation(const std::exception_ptr& error);

}  // namespace camfleet::net
