#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"

namespace camfleet::sim {

// One alarm of a device: it is posted when it begins and each second while it lasts; cameras post its end
// too, recorders do not.
struct Alarm {
  std::string type = "VMD";
  std::uint16_t channel = 1;
  std::uint32_t seconds = 3;  // posts while active; at least 1
};
inline constexpr std::uint32_t kMaxAlarmSeconds = 3600;

// The alarms that a device raises by itself: which, and how long after the one before. The same for the same
// seed.
class AlarmPlan {
 public:
  // `longest`: seconds that an alarm lasts at most, 1 to 6.
  AlarmPlan(std::uint64_t seed, std::uint32_t device, double per_minute, std::uint32_t longest = 6);
  bool quiet() const { return per_minute_ <= 0; }
  std::chrono::milliseconds next_gap();
  Alarm next(std::uint16_t channels);

 private:
  Rng rng_;
  double per_minute_;
  std::uint32_t longest_;
};

// What the device says with it: "Motion alarm".
std::string description_of(std::string_view type);

}  // namespace camfleet::sim
