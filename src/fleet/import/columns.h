#pragma once
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/new_device.h"

namespace camfleet::fleet {

// What a file of devices says of each: the fields of the API, by their names there.
enum class Column : std::uint8_t {
  id,
  name,
  drivers,
  address,
  http_port,
  https_port,
  rtsp_port,
  sdk_port,
  sdk_login,
  sdk_tls,
  username,
  password,
  url,
  transport,
  timezone,
  tags,
  enabled,
  always_on
};
inline constexpr std::size_t kColumns = 18;
using Columns = std::bitset<kColumns>;
inline bool has(const Columns& set, Column column) { return set.test(static_cast<std::size_t>(column)); }
inline void put(Columns& set, Column column) { set.set(static_cast<std::size_t>(column)); }

std::string_view to_text(Column column);
// By its name, by one of its other names in English or Chinese ("ip", "密码"), without case.
std::optional<Column> column_of(std::string_view header);
bool is_list(Column column);  // drivers and tags

// Puts one field into a device: nothing, or what the text should have been; the text itself is never in the
// answer. What a field says of the world (whether a driver is known, an address allowed) is not asked here.
std::optional<std::string> set_field(NewDevice& device, Column column, std::string_view text);
std::optional<std::string> set_list(NewDevice& device, Column column, std::vector<std::string> items);
// The same field of another device.
void copy_field(model::DeviceSpec& to, const model::DeviceSpec& from, Column column);
// As a text for people and for CSV; lists with ';' between. Empty for the password.
std::string field_text(const model::DeviceSpec& spec, Column column);

// "a;b" and back. An item may hold "\;", "\\" and, at its ends, "\ ".
std::vector<std::string> split_list(std::string_view text);
std::string join_list(const std::vector<std::string>& items);

}  // namespace camfleet::fleet
