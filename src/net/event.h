#pragma once
#include "base/clock.h"
#include "net/asio.h"

namespace camfleet::net {

// A bell between tasks of one loop: set() wakes the one waiter, or is remembered for the next wait (once,
// however often it was set). From another thread, post the set() to the loop.
class Event {
 public:
  explicit Event(Executor executor) : timer_(executor) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void set();
  // Forgets a set() that nobody waited for.
  void clear() { set_ = false; }
  bool is_set() const { return set_; }

  // True: it was set (and is clear again). False: the deadline passed. Throws when cancelled; a set() then
  // stays. One waiter at a time; the event outlives the wait.
  Task<bool> wait(Deadline deadline = kNever);

 private:
  Timer timer_;  // does the waiting, the deadline and the cancellation
  bool set_ = false;
  bool waiting_ = false;
};

}  // namespace camfleet::net
