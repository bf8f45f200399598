#include "fleet/stream_budget.h"

#include <algorithm>

namespace camfleet::fleet {

bool StreamBudget::allows(std::size_t playing, bool alarm_armed, SteadyTime now) const {
  if (!limit_ || now - learned_ >= kDoubt) return true;
  const std::size_t kept = alarm_armed ? 1 : 2;
  // A device that sends one stream sends it: what is kept of that would be all.
  return playing < std::max<std::size_t>(1, *limit_ > kept ? *limit_ - kept : 0);
}

void StreamBudget::refused(std::size_t playing, SteadyTime now) {
  // Several that are asked for at once are refused one after the other: the smallest number is the true one.
  const bool doubted = !limit_ || now - learned_ >= kDoubt;
  limit_ = doubted ? playing : std::min(*limit_, playing);
  learned_ = now;
}

void StreamBudget::played(std::size_t playing) {
  if (limit_ && playing > *limit_) limit_ = playing;
}

}  // namespace camfleet::fleet
