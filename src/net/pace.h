#pragma once
#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace camfleet::net {

// Moments at a steady pace, a few of them at once: each who asks is given the next one that is free, first
// come first served, and waits for it by himself. Nothing is given back, and nobody is kept in a queue: one
// who does not come leaves his moment empty. Pure: time goes in as values. One loop.
//
// This is the generic cell rate algorithm (ITU-T I.371) with `burst` cells of tolerance.
class Pace {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // Of those who come together, `burst` go at once, and each after them `apart` later. Zero: all at once.
  SteadyTime next(SteadyTime now, Duration apart, unsigned burst) {
    due_ = std::max(due_, now) + apart;
    return std::max(now, due_ - apart * std::max(1U, burst));
  }

 private:
  SteadyTime due_{};  // when the last one would be due without the burst
};

}  // namespace camfleet::net
