#pragma once
#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace camfleet::device {

// How long a device may be silent before it is asked whether it is there: longer with each answer of a steady
// one, up to `most`, and `least` again after a question that failed. A value of one session; no clock of its
// own.
class HeartbeatPace {
 public:
  using Milliseconds = std::chrono::milliseconds;
  HeartbeatPace(Milliseconds least, Milliseconds most)
      : least_(least), most_(most), interval_((least + most) / 2) {}

  // When to ask, where nothing is heard until then. `unit`, from [0, 1) at random, spreads a fleet over a
  // fifth of the interval, which is never exceeded.
  SteadyTime next(SteadyTime heard, double unit) const {
    return heard + std::chrono::duration_cast<Milliseconds>(interval_ * (0.8 + 0.2 * unit));
  }
  void answered() { interval_ = std::min(most_, interval_ + Milliseconds{1'000}); }
  void failed() { interval_ = least_; }

 private:
  Milliseconds least_;
  Milliseconds most_;
  Milliseconds interval_;
};

}  // namespace camfleet::device
