#pragma once
#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/codes.h"
#include "base/error.h"

namespace camfleet::fleet {

// Keeps the log readable when many devices fail for one reason: the first few of a minute are told each by
// itself, the rest of it as one line. Thread-safe.
class Wave {
 public:
  static constexpr std::chrono::minutes kSpan{1};
  static constexpr std::size_t kEach = 10;  // told each by itself in a minute, of one reason
  struct Told {
    bool alone = false;                 // this one is told by itself
    std::optional<std::size_t> untold;  // so many since the last line were not: to be told now, together
  };
  // One more device failed for this reason.
  Told note(Code code, SteadyTime now);

 private:
  struct Count {
    SteadyTime since{};
    std::size_t alone = 0;
    std::size_t untold = 0;
  };
  std::mutex mutex_;
  std::array<Count, kCodes> counts_{};
};

}  // namespace camfleet::fleet
