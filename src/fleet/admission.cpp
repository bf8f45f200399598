#include "fleet/admission.h"

#include <utility>

namespace camfleet::fleet {

struct Admission::Waiter {
  explicit Waiter(net::Loop& l) : loop(l), turn(l.executor()) {}
  net::Loop& loop;
  net::Event turn;
};

AdmissionSlot::AdmissionSlot(AdmissionSlot&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), ticket_(other.ticket_), outcome_(other.outcome_) {}
AdmissionSlot& AdmissionSlot::operator=(AdmissionSlot&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(ticket_, other.ticket_);
  std::swap(outcome_, other.outcome_);
  return *this;
}
AdmissionSlot::~AdmissionSlot() {
  if (owner_ != nullptr) owner_->give_back(ticket_, outcome_);
}

Admission::Admission(AdmissionLimits limits, const Clock& clock) : clock_(clock), queue_(limits) {}

net::Task<AdmissionSlot> Admission::acquire(net::Loop& loop, std::string address, Priority priority) {
  auto waiter = std::make_shared<Waiter>(loop);
  AdmissionSlot slot;  // from now on: a cancelled wait gives back the place in the queue, or the slot
  {
    const std::lock_guard lock{mutex_};
    AdmissionQueue::Granted granted;
    const auto ticket = queue_.enter(address, priority, granted);
    slot = AdmissionSlot{this, ticket};
    waiters_[ticket] = waiter;
    wake(granted);
  }
  co_await waiter->turn.wait();
  co_return slot;
}

void Admission::give_back(AdmissionQueue::Ticket ticket, Outcome outcome) {
  const std::lock_guard lock{mutex_};
  AdmissionQueue::Granted granted;
  waiters_.erase(ticket);
  queue_.leave(ticket, outcome, clock_.steady(), granted);
  wake(granted);
}

void Admission::wake(const AdmissionQueue::Granted& granted) {
  for (const auto ticket : granted) {
    const auto it = waiters_.find(ticket);
    if (it == waiters_.end()) continue;
    auto waiter = std::move(it->second);
    waiters_.erase(it);
    auto& loop = waiter->loop;
    loop.post([waiter = std::move(waiter)] { waiter->turn.set(); });
  }
}

AdmissionQueue::Numbers Admission::numbers() const {
  const std::lock_guard lock{mutex_};
  return queue_.numbers();
}

}  // namespace camfleet::fleet
