#pragma once
#include <cstddef>
#include <list>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "net/event.h"

namespace camfleet::net {

class Slots;

// A place that somebody holds; given back by the destructor, on the loop of its Slots, which outlives it.
class Slot {
 public:
  Slot() = default;
  Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~Slot();
  explicit operator bool() const { return owner_ != nullptr; }

 private:
  friend class Slots;
  explicit Slot(Slots* owner) : owner_(owner) {}
  Slots* owner_ = nullptr;
};

// A bounded number of places on one loop, with a bounded queue before them, first come first served.
class Slots {
 public:
  Slots(Executor executor, std::size_t places, std::size_t max_waiting);
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots();

  // net.no_slot at once where the queue is full, net.timeout where none came free in time. Throws when
  // cancelled.
  Task<Result<Slot>> acquire(Deadline deadline);
  // Empty where none is free, or somebody waits.
  Slot try_acquire();
  // More places serve waiters at once; fewer take effect as they are given back.
  void resize(std::size_t places);

  std::size_t taken() const { return taken_; }
  std::size_t places() const { return places_; }
  std::size_t waiting() const { return waiters_.size(); }

 private:
  friend class Slot;
  struct Waiter {
    explicit Waiter(Executor executor) : event(executor) {}
    Event event;
    bool granted = false;  // it has then left the queue
    Slot slot;
  };
  void give_back();
  void serve();

  Executor executor_;
  std::size_t places_;
  std::size_t max_waiting_;
  std::size_t taken_ = 0;
  std::list<Waiter*> waiters_;  // each in the frame of its acquire()
};

}  // namespace camfleet::net
