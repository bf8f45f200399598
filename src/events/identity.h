#pragma once
#include <string>

#include "model/event.h"

namespace camfleet::events {

// Which event it is: the id is the same whoever reads the event, and however often. 26 letters.
struct Identity {
  std::string_view device;
  bool gateway = false;  // told by us, not by the device
  std::uint16_t channel = 0;
  std::string_view type;
  std::string_view detail;
  std::string_view description;
  std::string_view moment;    // of its start, as the device wrote it
  std::uint32_t ordinal = 0;  // among the starts of that moment
};
std::string event_id(const Identity& identity);

}  // namespace camfleet::events
