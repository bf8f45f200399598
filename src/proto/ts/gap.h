#pragma once
#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace camfleet::ts {

// For a reader who is moved forward: without a word its decoder takes the jump of the continuity counters for
// loss. In front of the first packet of each PID behind the gap goes one without data that announces it
// (ISO/IEC 13818-1, 2.4.3.5: discontinuity_indicator). It is the same for the clock, which jumps with them.
class Gap {
 public:
  // Something is left out here.
  void open() { open_ = 4, seen_count_ = 0; }
  bool is_open() const { return open_ > 0; }
  // What belongs in front of `packets`, whole ones, which are sent next; mostly nothing. `key`: a group of
  // pictures begins with them. After some groups every PID has come that comes at all.
  Bytes before(ByteView packets, bool key);

 private:
  int open_ = 0;  // groups of pictures that are looked at
  std::size_t seen_count_ = 0;
  std::array<std::uint16_t, 8> seen_{};  // PIDs behind the gap
};

}  // namespace camfleet::ts
