#include "fleet/admission.h"

#include <utility>

namespace camfleet::fleet {

struct Admission::Waiter {
  Waiter(net::Loop& l, Asking a) : loop(l), turn(l.executor()), asking(std::move(a)) {}
  net::Loop& loop;
  net::Event turn;
  Asking asking;
  CredentialId credential = 0;
  bool told = false;
};

struct Admission::Pacer {
  explicit Pacer(net::Loop& l) : loop(l), bell(l.executor()) {}
  net::Loop& loop;
  net::Event bell;
  SteadyTime due = kNever;
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

CredentialHold::CredentialHold(CredentialHold&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), id_(std::exchange(other.id_, 0)) {}
CredentialHold& CredentialHold::operator=(CredentialHold&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(id_, other.id_);
  return *this;
}
CredentialHold::~CredentialHold() {
  if (owner_ != nullptr) owner_->release(id_);
}

Admission::Admission(AdmissionLimits limits, const Clock& clock) : clock_(clock), queue_(limits) {}

CredentialHold Admission::hold(std::string_view username, const Secret& password) {
  const std::lock_guard lock{mutex_};
  const auto id = credentials_.take(username, password);
  return id == 0 ? CredentialHold{} : CredentialHold{this, id};
}

void Admission::release(CredentialId id) {
  const std::lock_guard lock{mutex_};
  if (!credentials_.release(id)) return;
  queue_.forget(id);
  refused_by_.erase(id);
}

net::Task<AdmissionSlot> Admission::acquire(net::Loop& loop, Asking asking) {
  auto waiter = std::make_shared<Waiter>(loop, std::move(asking));
  AdmissionSlot slot;  // from now on: a cancelled wait gives back the place in the queue, or the slot
  {
    const std::lock_guard lock{mutex_};
    const auto* hold = waiter->asking.credential;
    if (hold != nullptr && credentials_.shared(hold->id_)) waiter->credential = hold->id_;
    AdmissionQueue::Granted granted;
    const auto ticket = queue_.enter(waiter->asking.address, waiter->credential, waiter->asking.priority,
                                     clock_.steady(), granted);
    slot = AdmissionSlot{this, ticket};
    waiters_[ticket] = waiter;
    if (waiter->credential != 0) holders_[ticket] = {waiter->credential, waiter->asking.device};
    wake(granted);
    if (waiters_.contains(ticket) && queue_.suspect(waiter->credential)) tell(*waiter);
    ring();
  }
  co_await waiter->turn.wait();
  co_return slot;
}

void Admission::give_back(AdmissionQueue::Ticket ticket, Outcome outcome) {
  const std::lock_guard lock{mutex_};
  AdmissionQueue::Granted granted;
  waiters_.erase(ticket);
  Holder holder;
  if (const auto it = holders_.find(ticket); it != holders_.end()) {
    holder = std::move(it->second);
    holders_.erase(it);
  }
  const bool was = queue_.suspect(holder.credential);
  if (outcome == Outcome::refused && holder.credential != 0) refused_by_[holder.credential] = holder.device;
  queue_.leave(ticket, outcome, clock_.steady(), granted);
  wake(granted);
  if (!was && queue_.suspect(holder.credential)) tell_all(holder.credential);
  ring();
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

void Admission::tell(Waiter& waiter) {
  if (std::exchange(waiter.told, true) || !waiter.asking.told) return;
  const auto& who = refused_by_[waiter.credential];
  Error why{Code::fleet_credential_suspect, who.empty() ? std::string{} : who + " refused it", 0};
  waiter.loop.post([told = waiter.asking.told, why = std::move(why)]() mutable { told(std::move(why)); });
}

// Those that wait at the moment when their credential falls under suspicion; each is told once.
void Admission::tell_all(CredentialId suspect) {
  for (auto& [ticket, waiter] : waiters_)
    if (waiter->credential == suspect) tell(*waiter);
}

void Admission::ring() {
  const auto due = queue_.next_tick();
  if (!pacer_ || due >= pacer_->due) return;
  pacer_->due = due;
  pacer_->loop.post([pacer = pacer_] { pacer->bell.set(); });
}

net::Task<> Admission::pace(net::Loop& loop) {
  auto pacer = std::make_shared<Pacer>(loop);
  {
    const std::lock_guard lock{mutex_};
    pacer_ = pacer;
  }
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      AdmissionQueue::Granted granted;
      queue_.tick(clock_.steady(), granted);
      wake(granted);
      pacer->due = queue_.next_tick();
    }
    auto waiting = pacer->bell.wait(pacer->due);
    co_await std::move(waiting);
  }
}

AdmissionQueue::Numbers Admission::numbers() const {
  const std::lock_guard lock{mutex_};
  return queue_.numbers();
}

}  // namespace camfleet::fleet
