#pragma once
#include <chrono>

#include "base/random.h"

namespace camfleet::net {

// How long to wait before the next attempt: uniform in [0, min(cap, base * 2^n)] after n failures ("full
// jitter"), so that a fleet that fell at the same instant does not come back in step. Never below `floor`.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  Backoff(Duration base, Duration cap, Rng rng, Duration floor = Duration{0});

  Duration next();
  void reset() { failures_ = 0; }
  // Where the other side asked for more patience: the new cap holds until it is set again.
  void set_cap(Duration cap) { cap_ = cap; }
  unsigned failures() const { return failures_; }

 private:
  Duration base_;
  Duration cap_;
  Duration floor_;
  Rng rng_;
  unsigned failures_ = 0;
};

}  // namespace camfleet::net
