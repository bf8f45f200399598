#pragma once
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "model/ids.h"

namespace camfleet::model {

enum class Phase : std::uint8_t { active, inactive, pulse };

// One alarm as a device reported it, normalised but not yet given an identity.
struct Event {
  DeviceId device;
  std::uint16_t channel = 0;  // 0: the device itself
  std::string type;           // the vendor's word in lower case: "vmd", "linedetection"
  Phase phase = Phase::pulse;
  std::string device_time;  // as it came
  WallTime received{};
  std::string description;
  std::uint32_t count = 0;
};

}  // namespace camfleet::model
