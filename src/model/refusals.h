#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace camfleet::model {

// A place refused a user name and password; both are in a fingerprint under the installation's key.
struct Refusal {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  WallTime at{};
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// Keeps them over a restart: a camera that counts wrong passwords does not forget those of our last run.
// Thread-safe.
class RefusalStore {
 public:
  virtual ~RefusalStore() = default;
  // Those after `since`, oldest first; at the start, blocking. storage.failed, config.exposed.
  virtual Result<std::vector<Refusal>> load(WallTime since) = 0;
  // Neither waits: they are written soon after.
  virtual void note(const Refusal& refusal) = 0;
  virtual void forget(std::uint64_t low, std::uint64_t high) = 0;
  // Of the fingerprints.
  virtual std::array<std::uint8_t, 32> key() const = 0;
};

}  // namespace camfleet::model
