#include "sim/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace camfleet::sim {
namespace {

struct Steps {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint32_t every = 1;
};

// "7", "0-99", "every:2", "every:2+1", "all"
std::optional<Steps> steps_of(std::string_view part, std::uint32_t devices) {
  if (part == "all") return Steps{0, devices - 1, 1};
  if (part.starts_with("every:")) {
    part.remove_prefix(6);
    const auto every = parse_int<std::uint32_t>(take_until(part, '+'));
    const auto first = part.empty() ? std::optional<std::uint32_t>{0} : parse_int<std::uint32_t>(part);
    if (!every || *every == 0 || !first || *first >= devices) return std::nullopt;
    return Steps{*first, devices - 1, *every};
  }
  const auto first = parse_int<std::uint32_t>(take_until(part, '-'));
  const auto last = part.empty() ? first : parse_int<std::uint32_t>(part);
  if (!first || !last || *last < *first || *last >= devices) return std::nullopt;
  return Steps{*first, *last, 1};
}

bool is_of(const Identity& device, std::string_view word) {
  if (word == "nvr") return device.nvr;
  if (word == "camera") return !device.nvr;
  if (word == "dome") return device.dome;
  if (word == "h265") return device.h265;
  if (word == "audio") return device.audio != Audio::none;
  return word == device.site;
}

}  // namespace

Result<std::vector<std::uint32_t>> select_devices(std::string_view text,
                                                  std::span<const Identity* const> fleet) {
  std::vector<std::uint32_t> out;
  const auto devices = static_cast<std::uint32_t>(fleet.size());
  while (!text.empty()) {
    const auto part = trim(take_until(text, ','));
    const auto before = out.size();
    if (const auto steps = steps_of(part, devices)) {
      for (std::uint64_t i = steps->first; i <= steps->last; i += steps->every)
        out.push_back(static_cast<std::uint32_t>(i));
    } else {
      for (const Identity* device : fleet)
        if (is_of(*device, part)) out.push_back(device->index);
    }
    if (out.size() == before)
      return fail(Code::config_invalid, fmt::format("no devices: {}", part.substr(0, 64)));
  }
  if (out.empty()) return fail(Code::config_invalid, "no devices");
  std::ranges::sort(out);
  const auto again = std::ranges::unique(out);
  out.erase(again.begin(), again.end());
  return out;
}

std::string to_ranges(std::span<const std::uint32_t> sorted) {
  std::string out;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[end - 1] + 1) ++end;
    if (!out.empty()) out += ',';
    out += end - i == 1 ? fmt::format("{}", sorted[i]) : fmt::format("{}-{}", sorted[i], sorted[end - 1]);
    i = end;
  }
  return out;
}

}  // namespace camfleet::sim
