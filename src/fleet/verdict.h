#pragma once
#include <chrono>
#include <cstdint>

#include "base/error.h"
#include "base/random.h"
#include "model/device.h"
#include "net/backoff.h"

namespace camfleet::fleet {

// What a failure asks of us. Policy follows the code alone.
enum class Answer : std::uint8_t {
  retry,     // backoff, capped at RetryPolicy::cap
  busy,      // backoff, capped at RetryPolicy::busy_cap: an attempt itself is a load, or nothing changes soon
  rejected,  // no further attempt until the credential changes or an operator asks
  locked,    // no attempt before the unlock time
  next_driver,  // this driver cannot speak to it; where there is no other: as busy
  operator_,    // not a failure: an operator asked for a new connection, at once
};
Answer answer_to(Code code);

struct RetryPolicy {
  using Duration = std::chrono::milliseconds;
  Duration base{1'000};
  Duration cap{60'000};
  Duration busy_cap{300'000};
  Duration stable_after{60'000};     // a session that lasted so long starts the backoff over
  Duration lock_default{1'800'000};  // where the device does not say when it unlocks
  Duration lock_margin{30'000};
  Duration lock_max{86'400'000};  // whatever the device says
};

// What the supervisor does next.
struct Verdict {
  model::DeviceState state = model::DeviceState::backoff;  // backoff, rejected, locked or waiting
  RetryPolicy::Duration delay{0};                          // until the next attempt, of backoff and locked
};

// Remembers the failures of one device in a row and turns the next into a verdict. Pure: time goes in as
// values.
class Schedule {
 public:
  Schedule(const RetryPolicy& policy, Rng rng);

  // `why` ended an attempt, or a session that had lasted for `online` (zero: it never was).
  Verdict next(const Error& why, RetryPolicy::Duration online);
  // An operator changed something: the past does not count.
  void reset() { forget(); }
  unsigned failures() const { return backoff_.failures(); }

 private:
  void forget() {
    backoff_.reset();
    waited_ = RetryPolicy::Duration{0};
  }
  RetryPolicy::Duration patient(RetryPolicy::Duration drawn) const;

  RetryPolicy policy_;
  net::Backoff backoff_;
  RetryPolicy::Duration waited_{0};  // since the first of these failures, between attempts
};

}  // namespace camfleet::fleet
