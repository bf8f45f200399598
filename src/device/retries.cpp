#include "device/retries.h"

#include <algorithm>

namespace camfleet::device {
namespace {

constexpr unsigned kMost = 3;

bool worth_it(Code code) {
  switch (code) {
    case Code::net_timeout:
    case Code::net_refused:
    case Code::net_unreachable:
    case Code::net_reset:
    case Code::net_closed:
    case Code::device_busy:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<std::chrono::milliseconds> Retries::after(const Error& why, SteadyTime now, Deadline deadline) {
  if (!worth_it(why.code) || made_ >= kMost) return std::nullopt;
  const std::chrono::milliseconds step{1'000 << made_};
  auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(step * (0.75 + 0.5 * rng_.unit()));
  if (why.retry_after_s > 0)
    wait = std::max<std::chrono::milliseconds>(wait, std::chrono::seconds{why.retry_after_s});
  if (deadline != kNever && now + wait >= deadline) return std::nullopt;
  ++made_;
  return wait;
}

}  // namespace camfleet::device
