#pragma once
#include <algorithm>
#include <iterator>
#include <string_view>

#include "fuzz.h"

namespace camfleet::fuzz {

// Boxes fit into each other exactly, at every level.
inline void walk_boxes(ByteView bytes) {
  constexpr std::string_view kParents[] = {"moov", "trak", "mdia", "minf", "dinf",
                                           "stbl", "mvex", "moof", "traf"};
  while (!bytes.empty()) {
    require(bytes.size() >= 8);
    const auto size = load32(bytes.data());
    require(size >= 8 && size <= bytes.size());
    if (std::ranges::find(kParents, as_text(bytes.subspan(4, 4))) != std::end(kParents))
      walk_boxes(bytes.subspan(8, size - 8));
    bytes = bytes.subspan(size);
  }
}

}  // namespace camfleet::fuzz
