#include "sim/alarm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace camfleet::sim {
namespace {

struct Kind {
  std::string_view type;
  std::string_view description;
  unsigned share;  // of 100
};
constexpr std::array kKinds{
    Kind{"VMD", "Motion alarm", 60},
    Kind{"linedetection", "linedetection alarm", 15},
    Kind{"fielddetection", "fielddetection alarm", 15},
    Kind{"shelteralarm", "shelteralarm alarm", 5},
    Kind{"IO", "IO alarm", 5},
};

}  // namespace

std::string description_of(std::string_view type) {
  for (const auto& kind : kKinds)
    if (iequals(kind.type, type)) return std::string{kind.description};
  return fmt::format("{} alarm", type);
}

AlarmPlan::AlarmPlan(std::uint64_t seed, std::uint32_t device, double per_minute, std::uint32_t longest)
    : rng_(seed * 0x9e3779b97f4a7c15U + 0xa1a2a3 + device), per_minute_(per_minute), longest_(longest) {
  rng_ = Rng{rng_()};
}

std::chrono::milliseconds AlarmPlan::next_gap() {
  // Exponential, so that the alarms of a fleet are as uneven as real ones; an hour at most between two.
  const auto minutes = std::min(-std::log(1 - rng_.unit()) / per_minute_, 60.0);
  return std::chrono::milliseconds{static_cast<std::int64_t>(minutes * 60'000) + 1};
}

Alarm AlarmPlan::next(std::uint16_t channels) {
  auto roll = rng_.below(100);
  std::size_t kind = 0;
  while (roll >= kKinds[kind].share) roll -= kKinds[kind++].share;
  return {std::string{kKinds[kind].type}, static_cast<std::uint16_t>(1 + rng_.below(channels)),
          std::min(static_cast<std::uint32_t>(1 + rng_.below(6)), longest_)};
}

}  // namespace camfleet::sim
