#pragma once
#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace camfleet::device {

// How far apart the heart-beats of an alarm stream are, and so when its silence means that it hangs: after
// three of them, 15 s at least. Pure: time goes in as values.
class Rhythm {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // A new stream: its first heart-beat comes at once and says nothing of the rhythm.
  void begin() { last_ = {}; }

  // Long ones count at once, short ones slowly: who has events to tell beats less often.
  void beat(SteadyTime now) {
    if (last_ != SteadyTime{}) {
      const auto took = std::chrono::duration_cast<Milliseconds>(now - last_);
      every_ = std::max(took, (3 * every_ + took) / 4);
    }
    last_ = now;
    beats_ = true;
  }

  // It was silent for too long. It may have been alive and uneven: the next stream has twice as long.
  void gave_up() { least_ = std::min<Milliseconds>(2 * least_, std::chrono::minutes{10}); }

  // kNever for a stream that never beat. `most` bounds it, and is what holds until the rhythm is known.
  SteadyTime silent_at(SteadyTime heard, Milliseconds most) const {
    if (!beats_) return kNever;
    return heard + (every_.count() == 0 ? most : std::clamp(3 * every_, std::min(least_, most), most));
  }

 private:
  bool beats_ = false;
  SteadyTime last_{};
  Milliseconds every_{0};  // 0: not known yet
  Milliseconds least_{15'000};
};

}  // namespace camfleet::device
