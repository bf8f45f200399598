#pragma once
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace camfleet::app {

// Gives back to the system what a storm left with the allocator: thousands of logins leave free blocks
// between those that stay, which nothing asks for again before the next storm. Done where the fleet has been
// calm for a while, for it holds up whoever allocates meanwhile (docs/performance.md says for how long). One
// thread, which is no loop's.
class MemoryTrim {
 public:
  static constexpr std::uint64_t kWorth = 2'000;  // moves of devices since the last time
  static constexpr std::uint64_t kCalm = 20;      // moves between two looks that still are calm
  static constexpr std::chrono::seconds kFor{8};  // so long

  // About each second; `moves`: of all devices so far. True: it is time.
  bool due(std::uint64_t moves, SteadyTime now);
  // Does it, and says what came of it.
  static void trim();

 private:
  std::uint64_t seen_ = 0;     // at the last look
  std::uint64_t trimmed_ = 0;  // at the last time
  SteadyTime calm_since_{};
};

}  // namespace camfleet::app
