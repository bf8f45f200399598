#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/task_group.h"

namespace camfleet::net {

// A TaskGroup on every loop: for servers, whose connections live on all of them.
class LoopGroups {
 public:
  LoopGroups(Loops& loops, const std::string& name);
  ~LoopGroups();

  // To be used on that loop.
  TaskGroup& on(Loop& loop) { return *groups_.at(loop.index()); }
  // Cancels all tasks on all loops and waits for them. From a task on any loop that is in none of these
  // groups.
  Task<> stop();
  // The same, from a thread that is no loop's.
  void stop_and_wait();

 private:
  Loops& loops_;
  std::vector<std::unique_ptr<TaskGroup>> groups_;
};

// Runs `task` on another loop and comes back to ours with what it returned or threw. The caller's
// cancellation does not reach it: for short work, and for stopping things.
Task<> run_on(Executor where, Task<> task);

// Runs what `make` gives for each loop on that loop, all at the same time, and comes back when the last has
// ended; throws on what one of them threw. Cancellation as run_on.
Task<> run_on_all(Loops& loops, std::function<Task<>(Loop&)> make);

// Runs `task` on `where` from a thread that is no loop's, and blocks until it has ended; rethrows what it
// threw.
void block_on(Executor where, Task<> task);

}  // namespace camfleet::net
