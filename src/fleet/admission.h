#pragma once
#include <functional>
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
  // What became of the attempt, for the limit to follow what the network bears, and for the guard.
  void outcome(Outcome outcome) { outcome_ = outcome; }

 private:
  friend class Admission;
  AdmissionSlot(Admission* owner, AdmissionQueue::Ticket ticket) : owner_(owner), ticket_(ticket) {}
  Admission* owner_ = nullptr;
  AdmissionQueue::Ticket ticket_ = 0;
  Outcome outcome_ = Outcome::neutral;
};

// That one device has one credential, as long as it lives; from any thread. Outlived by its Admission.
class CredentialHold {
 public:
  CredentialHold() = default;
  CredentialHold(CredentialHold&& other) noexcept;
  CredentialHold& operator=(CredentialHold&& other) noexcept;
  ~CredentialHold();

 private:
  friend class Admission;
  CredentialHold(Admission* owner, CredentialId id) : owner_(owner), id_(id) {}
  Admission* owner_ = nullptr;
  CredentialId id_ = 0;
};

// Decides who may connect now, for all devices of the node whatever loop they live on: AdmissionQueue behind
// a mutex that is held for a few instructions. Thread-safe; outlives all waiters, slots and holds, and so do
// the loops.
class Admission {
 public:
  struct Asking {
    std::string device;
    std::string address;
    const CredentialHold* credential = nullptr;  // outlives the call
    Priority priority = Priority::normal;
    // Why it waits, where that is more than its turn (fleet.credential_suspect); on its loop, perhaps after
    // acquire() has returned. May be empty.
    std::function<void(Error)> told;
  };

  explicit Admission(AdmissionLimits limits, const Clock& clock = system_clock());

  // Once for each version of a device's credential.
  CredentialHold hold(std::string_view username, const Secret& password);

  // Waits its turn; no deadline, for a device is in no hurry and the queue is as long as the fleet. On
  // `loop`, the caller's. Throws when cancelled, and leaves the queue.
  net::Task<AdmissionSlot> acquire(net::Loop& loop, Asking asking);

  // Lets those go whose time has come, until cancelled; on `loop`. One at a time. Without it a suspect
  // credential stands still.
  net::Task<> pace(net::Loop& loop);

  AdmissionQueue::Numbers numbers() const;

 private:
  friend class AdmissionSlot;
  friend class CredentialHold;
  struct Waiter;
  struct Pacer;
  void give_back(AdmissionQueue::Ticket ticket, Outcome outcome);
  void release(CredentialId id);
  // With the lock held:
  void wake(const AdmissionQueue::Granted& granted);
  void tell(Waiter& waiter);
  void tell_all(CredentialId suspect);
  void ring();

  const Clock& clock_;
  mutable std::mutex mutex_;
  Credentials credentials_;
  AdmissionQueue queue_;
  std::unordered_map<AdmissionQueue::Ticket, std::shared_ptr<Waiter>> waiters_;
  struct Holder {
    CredentialId credential = 0;
    std::string device;
  };
  std::unordered_map<AdmissionQueue::Ticket, Holder> holders_;  // of shared credentials
  std::unordered_map<CredentialId, std::string> refused_by_;    // of suspect ones: the device
  std::shared_ptr<Pacer> pacer_;
};

}  // namespace camfleet::fleet
