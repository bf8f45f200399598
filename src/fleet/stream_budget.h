#pragma once
#include <chrono>
#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace camfleet::fleet {

// How many streams one device sends at once, learned from its refusals: it answered 453 or 503, or said that
// its sessions are used up, while so many of ours played. From then on one of them is kept for playback, and
// one more for the alarm channel while that is down; what is past that is refused here and costs the device
// nothing. Others may have held the sessions at that moment, so the lesson is put to the test again after
// kDoubt. Pure: time goes in as values.
class StreamBudget {
 public:
  static constexpr std::chrono::minutes kDoubt{10};

  // One more may be asked for, beside `playing` streams.
  bool allows(std::size_t playing, bool alarm_armed, SteadyTime now) const;
  // The device refused one more, beside `playing` streams of ours.
  void refused(std::size_t playing, SteadyTime now);
  // So many play at once, all of them.
  void played(std::size_t playing);

  // What an earlier run had learned, so long ago.
  void recall(std::size_t limit, SteadyTime learned) {
    limit_ = limit;
    learned_ = learned;
  }

  // As learned, the kept ones with it; nullopt: it never refused one.
  std::optional<std::size_t> limit() const { return limit_; }

 private:
  std::optional<std::size_t> limit_;
  SteadyTime learned_{};
};

}  // namespace camfleet::fleet
