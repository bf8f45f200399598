#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/admission_queue.h"
#include "net/event.h"
#include "net/loop.h"

namespace camfleet::fleet {

class Admission;

// The right to connect now; given back when it ends, from any thread. Outlived by its Admission.
class AdmissionSlot {
 public:
  AdmissionSlot() = default;
  AdmissionSlot(AdmissionSlot&& other) noexcept;
  AdmissionSlot& operator=(AdmissionSlot&& other) noexcept;
  ~AdmissionSlot();
  explicit operator bool() const { return owner_ != nullptr; }
  // What became of the attempt, for the limit to follow what the network bears.
  void outcome(Outcome outcome) { outcome_ = outcome; }

 private:
  friend class Admission;
  AdmissionSlot(Admission* owner, AdmissionQueue::Ticket ticket) : owner_(owner), ticket_(ticket) {}
  Admission* owner_ = nullptr;
  AdmissionQueue::Ticket ticket_ = 0;
  Outcome outcome_ = Outcome::neutral;
};

// Decides who may connect now, for all devices of the node whatever loop they live on: AdmissionQueue behind
// a mutex that is held for a few instructions. Thread-safe; outlives all waiters and slots, and so do the
// loops.
class Admission {
 public:
  explicit Admission(AdmissionLimits limits, const Clock& clock = system_clock());

  // Waits its turn; no deadline, for a device is in no hurry and the queue is as long as the fleet. On
  // `loop`, the caller's. Throws when cancelled, and leaves the queue.
  net::Task<AdmissionSlot> acquire(net::Loop& loop, std::string address, Priority priority);

  AdmissionQueue::Numbers numbers() const;

 private:
  friend class AdmissionSlot;
  struct Waiter;
  void give_back(AdmissionQueue::Ticket ticket, Outcome outcome);
  void wake(const AdmissionQueue::Granted& granted);

  const Clock& clock_;
  mutable std::mutex mutex_;
  AdmissionQueue queue_;
  std::unordered_map<AdmissionQueue::Ticket, std::shared_ptr<Waiter>> waiters_;
};

}  // namespace camfleet::fleet
