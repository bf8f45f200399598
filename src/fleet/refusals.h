#pragma once
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "fleet/credentials.h"
#include "model/device.h"
#include "model/refusals.h"

namespace camfleet::fleet {

// How often a place has refused a user name and password of late, whoever tried it: a camera counts every
// attempt, be it after a restart, after an edit, by another device of the fleet that is the same recorder, or
// by one that was removed and added again. After kTries in kSpan nobody tries it there before the span is
// over; another user name or password is tried at once. What it knows are fingerprints (fleet/credentials.h),
// at most kMost; where a store is given they outlive a restart. Thread-safe.
class Refusals {
 public:
  static constexpr std::size_t kTries = 3;  // cameras lock after five
  static constexpr std::chrono::minutes kSpan{30};
  static constexpr std::size_t kMost = 200'000;
  using Key = Credentials::Print;

  Refusals() = default;
  // `store` outlives it; null: nothing outlives the process.
  Refusals(model::RefusalStore* store, const Clock& clock);

  // The place is host and port: several cameras may stand behind one address.
  Key key_of(const model::DeviceSpec& spec, const Secret& password) const;
  void note(const Key& key, SteadyTime now);
  // Refused before the restart. Where no store could tell how often, one more try is left.
  void seed(const Key& key, SteadyTime now);
  // It was let in, and the camera began to count anew.
  void forget(const Key& key);
  // Why it is not to be tried now: device.bad_credentials.
  std::optional<Error> held(const Key& key, const Clock& clock) const;
  std::size_t size() const;

 private:
  void make_room(SteadyTime now);

  const Credentials prints_;
  model::RefusalStore* store_ = nullptr;
  const Clock* clock_ = nullptr;
  bool knows_the_past_ = false;
  mutable std::mutex mutex_;
  std::size_t sweep_at_ = 1024;
  std::unordered_map<Key, std::vector<SteadyTime>, Credentials::Hash> refusals_;  // oldest first
};

}  // namespace camfleet::fleet
