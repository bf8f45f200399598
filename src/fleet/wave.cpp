#include "fleet/wave.h"

namespace camfleet::fleet {

Wave::Told Wave::note(Code code, SteadyTime now) {
  const std::lock_guard lock{mutex_};
  auto& count = counts_.at(static_cast<std::size_t>(code));
  Told told;
  if (count.alone == 0 || now - count.since >= kSpan) {
    if (count.untold > 0) told.untold = count.untold;
    count = Count{now, 0, 0};
  }
  // Refused passwords come in thousands, and each device says so itself.
  const auto most = code == Code::device_bad_credentials ? std::size_t{1} : kEach;
  if (told.untold || count.alone >= most) {
    told.alone = false;
    if (told.untold) {
      ++*told.untold;
      count.alone = most;  // the line was this minute's
    } else {
      ++count.untold;
    }
  } else {
    ++count.alone;
    told.alone = true;
  }
  return told;
}

}  // namespace camfleet::fleet
