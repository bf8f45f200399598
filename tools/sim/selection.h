#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/population.h"

namespace camfleet::sim {

// The devices that a text names, in order and each once. Parts are separated by commas and added up: "all",
// "7", "0-99", "every:2" (0, 2, 4 ...), "every:2+1" (1, 3, 5 ...), "nvr", "camera", "dome", "h265", "audio",
// "site-3". config.invalid names the part that is none of these or names no device of the fleet.
Result<std::vector<std::uint32_t>> select_devices(std::string_view text,
                                                  std::span<const Identity* const> fleet);

// "0-3,7,9-10"
std::string to_ranges(std::span<const std::uint32_t> sorted);

}  // namespace camfleet::sim
