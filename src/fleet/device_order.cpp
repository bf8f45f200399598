#include "fleet/device_order.h"

#include <algorithm>
#include <array>
#include <utility>

namespace camfleet::fleet {
namespace {

constexpr std::array<std::pair<DeviceSort, std::string_view>, 6> kNames{
    {{DeviceSort::id, "id"},
     {DeviceSort::name, "name"},
     {DeviceSort::state, "state"},
     {DeviceSort::since, "since"},
     {DeviceSort::address, "address"},
     {DeviceSort::last_heard, "last_heard"}}};

bool digit(char c) { return c >= '0' && c <= '9'; }
unsigned char lower(char c) {
  return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
}

// The digits at the front, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, digit);
  auto number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

}  // namespace

std::string to_text(const DeviceOrder& order) {
  const auto name = std::ranges::find(kNames, order.by, &std::pair<DeviceSort, std::string_view>::first);
  return (order.descending ? "-" : "") + std::string{name->second};
}

Result<DeviceOrder> parse_device_order(std::string_view text) {
  DeviceOrder order;
  order.descending = text.starts_with('-');
  if (order.descending) text.remove_prefix(1);
  for (const auto& [by, name] : kNames)
    if (name == text) {
      order.by = by;
      return order;
    }
  return fail(Code::api_bad_request,
              "sort: wants id, name, state, since, address or last_heard, with - before it for descending");
}

std::weak_ordering natural(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (digit(a.front()) && digit(b.front())) {
      const auto x = take_number(a);
      const auto y = take_number(b);
      if (x.size() != y.size()) return x.size() <=> y.size();
      if (const auto order = x <=> y; order != 0) return order;
    } else {
      if (const auto order = lower(a.front()) <=> lower(b.front()); order != 0) return order;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() <=> b.size();
}

}  // namespace camfleet::fleet
