#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "net/event.h"
#include "net/loop.h"

namespace camfleet::fleet {

class Capacity;

// The right to run; given back when it ends, from any thread. Outlived by its Capacity.
class Seat {
 public:
  Seat() = default;
  Seat(Seat&& other) noexcept;
  Seat& operator=(Seat&& other) noexcept;
  ~Seat();
  explicit operator bool() const { return owner_ != nullptr; }

 private:
  friend class Capacity;
  explicit Seat(Capacity* owner) : owner_(owner) {}
  Capacity* owner_ = nullptr;
};

// How many devices of the node run at once: what the descriptors carry. Who finds no seat waits, first come
// first served, until another gives its up: it was removed, switched off, or will not be tried before
// somebody acts. Thread-safe; outlives all waiters and seats, and so do the loops.
class Capacity {
 public:
  explicit Capacity(std::size_t seats) : free_(seats), seats_(seats) {}

  // On `loop`, the caller's. `full` is called, once and before it returns, where there is none to be had at
  // once. Throws when cancelled, and leaves the queue.
  net::Task<Seat> acquire(net::Loop& loop, std::function<void()> full);

  std::size_t seats() const { return seats_; }
  std::size_t waiting() const;

 private:
  friend class Seat;
  struct Waiter;
  struct Place;  // in the queue; leaves it when it ends
  void give_back();

  mutable std::mutex mutex_;
  std::size_t free_;
  const std::size_t seats_;
  std::deque<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace camfleet::fleet
