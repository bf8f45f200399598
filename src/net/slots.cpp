#include "net/slots.h"

#include <algorithm>
#include <cassert>

namespace camfleet::net {

Slot::~Slot() {
  if (owner_) owner_->give_back();
}

Slots::Slots(Executor executor, std::size_t places, std::size_t max_waiting)
    : executor_(executor), places_(places), max_waiting_(max_waiting) {}

Slots::~Slots() { assert(taken_ == 0 && waiters_.empty()); }

Slot Slots::try_acquire() {
  if (taken_ >= places_ || !waiters_.empty()) return {};
  ++taken_;
  return Slot{this};
}

Task<Result<Slot>> Slots::acquire(Deadline deadline) {
  if (Slot slot = try_acquire()) co_return slot;
  if (waiters_.size() >= max_waiting_) co_return fail(Code::net_no_slot);

  // Leaves the queue however the wait ends. A place that was granted and not taken up goes on to the next.
  struct Queued {
    std::list<Waiter*>& queue;
    Waiter waiter;
    ~Queued() {
      if (!waiter.granted) queue.remove(&waiter);
    }
  } queued{waiters_, Waiter{executor_}};
  waiters_.push_back(&queued.waiter);
  co_await queued.waiter.event.wait(deadline);
  if (!queued.waiter.granted) co_return fail(Code::net_timeout, "waiting for a place");
  co_return std::move(queued.waiter.slot);
}

void Slots::give_back() {
  --taken_;
  serve();
}

void Slots::resize(std::size_t places) {
  places_ = places;
  serve();
}

void Slots::serve() {
  while (taken_ < places_ && !waiters_.empty()) {
    auto* next = waiters_.front();
    waiters_.pop_front();
    ++taken_;
    next->granted = true;
    next->slot = Slot{this};
    next->event.set();
  }
}

}  // namespace camfleet::net
