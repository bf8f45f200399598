#pragma once
#include <cstdint>
#include <string_view>

namespace camfleet::sdkhost {

// The words of the device's HTTP interface for the numbers of the library, so that an event has one type
// whichever way it came.
struct AlarmWord {
  std::string_view type;
  bool lasts = false;  // it goes on until it is not repeated any more; else each report is one of its own
};
// dwAlarmType of COMM_ALARM, V30 and V40; "hcnetsdk" for what has no word.
AlarmWord word_of_alarm(std::uint32_t type);
// dwEventType of a behaviour rule: the lowest bit counts.
AlarmWord word_of_rule(std::uint32_t bits);
// Commands whose structures are not read: that there was one is told all the same.
AlarmWord word_of_command(std::int32_t command);

}  // namespace camfleet::sdkhost
