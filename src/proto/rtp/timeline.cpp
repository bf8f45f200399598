#include "proto/rtp/timeline.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace camfleet::rtp {
namespace {

constexpr std::int64_t kJump = 5 * 90'000;
constexpr int kConfirm = 3;  // frames that make a jump a new timeline

std::int32_t distance(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); }

}  // namespace

Timeline::Stamp Timeline::frame(std::uint32_t timestamp) {
  if (!started_) return begin(timestamp);

  const auto ticks = distance(last_timestamp_, timestamp);
  if (std::abs(scaled(ticks)) > kJump) return doubt(timestamp);

  doubts_ = 0;
  last_timestamp_ = timestamp;
  ticks_ += ticks;
  const auto time = origin_ + scaled(ticks_);
  if (reorders_ && time < last_time_) return {time, false, false};
  const bool held = time <= last_time_;
  const auto stamp = held ? last_time_ + 1 : time;
  const auto step = stamp - last_time_;
  if (!held && step < 90'000) step_ = std::max<std::int64_t>(1, (step_ * 7 + step) / 8);
  last_time_ = stamp;
  return {stamp, held, false};
}

Timeline::Stamp Timeline::begin(std::uint32_t timestamp) {
  started_ = true;
  doubts_ = 0;
  ticks_ = 0;
  last_timestamp_ = timestamp;
  origin_ = ever_ ? last_time_ + step_ : 0;
  last_time_ = origin_;
  return {origin_, false, std::exchange(ever_, true)};
}

Timeline::Stamp Timeline::doubt(std::uint32_t timestamp) {
  const bool agrees = doubts_ > 0 && std::abs(scaled(distance(suspect_, timestamp))) <= kJump;
  doubts_ = agrees ? doubts_ + 1 : 1;
  suspect_ = timestamp;
  if (doubts_ >= kConfirm) {
    ++jumps_;
    return begin(timestamp);
  }
  last_time_ += step_;
  return {last_time_, true, false};
}

}  // namespace camfleet::rtp
