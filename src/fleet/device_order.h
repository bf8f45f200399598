#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::fleet {

enum class DeviceSort : std::uint8_t { id, name, state, since, address, last_heard };

// In which order a list of devices comes. Where two are equal by it, their ids decide.
struct DeviceOrder {
  DeviceSort by = DeviceSort::id;
  bool descending = false;
  friend bool operator==(const DeviceOrder&, const DeviceOrder&) = default;
};
std::string to_text(const DeviceOrder& order);
// "name", or "-name" for descending; api.bad_request where it is neither.
Result<DeviceOrder> parse_device_order(std::string_view text);

// As people sort names and addresses: runs of digits by their value ("cam2" < "cam10", 10.0.0.9 < 10.0.0.10),
// ASCII letters without regard to case, every other byte as it is. A weak order: "cam02" and "CAM2" are
// equal.
std::weak_ordering natural(std::string_view a, std::string_view b);

}  // namespace camfleet::fleet
