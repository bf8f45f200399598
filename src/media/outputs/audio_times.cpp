#include "media/outputs/audio_times.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace camfleet::media {
namespace {

constexpr std::int64_t kAbsurd = 5;      // seconds
constexpr std::int64_t kNudge = 64;      // a part in this many of a frame
constexpr std::int64_t kNear = 100;      // a part in this many of a second is as good as exact
constexpr std::uint32_t kMaxFill = 512;  // frames at once: ten seconds of 48 kHz

}  // namespace

AudioTimes::Place AudioTimes::place(std::optional<std::int64_t> wanted) {
  if (!next_) {
    if (!wanted) return {0, 0, true};
    const auto at = samples(*wanted);
    if (at < 0) return {0, 0, true};  // before the first picture
    next_ = at + frame_;
    return {0, at, false};
  }
  const auto ahead = wanted ? samples(*wanted) - *next_ : 0;
  if (std::abs(ahead) > kAbsurd * rate_) return {0, std::exchange(*next_, *next_ + frame_), false};
  if (ahead <= -std::int64_t{frame_}) return {0, *next_, true};
  Place out;
  if (ahead > std::int64_t{frame_}) {
    out.silence = static_cast<std::uint32_t>(std::min<std::int64_t>(ahead / frame_, kMaxFill));
    *next_ += ahead - std::int64_t{out.silence} * frame_;
  } else if (std::exchange(quiet_, false)) {
    *next_ += ahead;
  } else if (std::abs(ahead) > rate_ / kNear) {
    const std::int64_t most = frame_ / kNudge;
    *next_ += std::clamp(ahead, -most, most);
  }
  out.time = *next_;
  *next_ += std::int64_t{out.silence + 1} * frame_;
  return out;
}

std::uint32_t AudioTimes::fill(std::int64_t until) {
  const auto to = samples(until);
  if (!next_) next_ = std::max<std::int64_t>(to, 0);
  if (to < *next_) return 0;
  const auto count = static_cast<std::uint32_t>(std::min<std::int64_t>((to - *next_) / frame_ + 1, kMaxFill));
  // Time that nobody had to hear goes by without sound.
  if (count == kMaxFill) next_ = to - std::int64_t{count - 1} * frame_;
  *next_ += std::int64_t{count} * frame_;
  quiet_ = true;
  return count;
}

}  // namespace camfleet::media
