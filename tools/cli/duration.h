#pragma once
#include <optional>
#include <string_view>

namespace camfleet::cli {

// "90", "90s", "15m", "12h", "30d" in seconds; nullopt for anything else, 0 and over ten years.
std::optional<long long> parse_duration(std::string_view text);

}  // namespace camfleet::cli
