#include "cli/duration.h"

#include "base/text.h"

namespace camfleet::cli {

std::optional<long long> parse_duration(std::string_view text) {
  constexpr long long kMost = 10LL * 365 * 86'400;
  if (text.empty()) return std::nullopt;
  long long unit = 1;
  switch (text.back()) {
    case 's':
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      unit = 0;
  }
  if (unit != 0)
    text.remove_suffix(1);
  else
    unit = 1;
  const auto number = parse_int<long long>(text);
  if (!number || *number <= 0 || *number > kMost / unit) return std::nullopt;
  return *number * unit;
}

}  // namespace camfleet::cli
