#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet {

// Steady: for waits, deadlines and ages. Wall: for what people and devices read, in whole microseconds.
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// An absolute point after which nobody waits any longer; passed down, never restarted on the way.
using Deadline = SteadyTime;
inline constexpr Deadline kNever = Deadline::max();

// The source of time; tests pass their own. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady() const = 0;
  virtual WallTime wall() const = 0;
};
const Clock& system_clock();

// "2026-11-22T14:27:51.123Z" (RFC 3339, UTC, milliseconds).
std::string to_rfc3339(WallTime time);

}  // namespace camfleet
