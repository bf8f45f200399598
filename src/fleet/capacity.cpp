#include "fleet/capacity.h"

#include <algorithm>
#include <utility>

namespace camfleet::fleet {

struct Capacity::Waiter {
  explicit Waiter(net::Loop& l) : loop(l), turn(l.executor()) {}
  net::Loop& loop;
  net::Event turn;
  bool granted = false;  // under the lock
};

struct Capacity::Place {
  Place(Capacity& o, std::shared_ptr<Waiter> w) : owner(o), waiter(std::move(w)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (!waiter) return;
    bool granted = false;
    {
      const std::lock_guard lock{owner.mutex_};
      granted = waiter->granted;
      std::erase(owner.waiters_, waiter);
    }
    if (granted) owner.give_back();  // cancelled in the moment of its turn
  }
  Capacity& owner;
  std::shared_ptr<Waiter> waiter;
};

Seat::Seat(Seat&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
Seat& Seat::operator=(Seat&& other) noexcept {
  std::swap(owner_, other.owner_);
  return *this;
}
Seat::~Seat() {
  if (owner_ != nullptr) owner_->give_back();
}

net::Task<Seat> Capacity::acquire(net::Loop& loop, std::function<void()> full) {
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard lock{mutex_};
    if (free_ > 0 && waiters_.empty()) {
      --free_;
    } else {
      waiter = std::make_shared<Waiter>(loop);
      waiters_.push_back(waiter);
    }
  }
  if (!waiter) co_return Seat{this};
  Place place{*this, waiter};
  full();
  co_await waiter->turn.wait();
  place.waiter.reset();
  co_return Seat{this};
}

void Capacity::give_back() {
  std::shared_ptr<Waiter> next;
  {
    const std::lock_guard lock{mutex_};
    if (waiters_.empty()) {
      ++free_;
      return;
    }
    next = std::move(waiters_.front());
    waiters_.pop_front();
    next->granted = true;
  }
  auto& loop = next->loop;
  loop.post([next = std::move(next)] { next->turn.set(); });
}

std::size_t Capacity::waiting() const {
  const std::lock_guard lock{mutex_};
  return waiters_.size();
}

}  // namespace camfleet::fleet
