#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "proto/sdkhost/alarm.h"
#include "sdkhost/abi.h"

namespace camfleet::sdkhost {

// What is copied of one callback at most.
struct AlarmLimits {
  std::uint32_t text = 1024 * 1024;
  std::uint32_t picture = 4 * 1024 * 1024;
  std::uint32_t all_pictures = 8 * 1024 * 1024;
  std::size_t pictures = 16;
};

// What one message callback says. A callback may name several channels: an alarm for each.
struct AlarmReading {
  std::vector<Alarm> alarms;  // without device, command and time of receipt, which the caller knows
  std::string_view
      refused;  // why nothing could be made of it; empty: something could, or there was nothing to tell
};

// Copies out of the library's structures what is needed, and lets go of them. Every length is held against
// the structure's known sizes and against `limits` before anything is read: a buffer that is too short or far
// too long is refused, a count that cannot be refuses the whole, a picture that is too large is left out and
// counted. A pointer that the library says is good is believed: where it is not, the host dies, and the
// gateway sees that. Alarms of the old form (COMM_ALARM, V30, V40) and of rules tell beginnings and
// repetitions, never an end.
AlarmReading read_alarms(std::int32_t command, const char* info, std::uint32_t size,
                         const AlarmLimits& limits = {});

}  // namespace camfleet::sdkhost
