#include "proto/ts/gap.h"

#include <algorithm>
#include <span>

#include "proto/ts/packet_writer.h"

namespace camfleet::ts {

Bytes Gap::before(ByteView packets, bool key) {
  Bytes out;
  if (open_ == 0) return out;
  if (key && --open_ == 0) return out;
  for (; packets.size() >= kPacket; packets = packets.subspan(kPacket)) {
    const auto pid = static_cast<std::uint16_t>(load16(&packets[1]) & 0x1FFF);
    const auto known = std::span(seen_).first(seen_count_);
    if (std::ranges::find(known, pid) != known.end() || seen_count_ == seen_.size()) continue;
    seen_[seen_count_++] = pid;
    const auto begin = out.size();
    out.resize(begin + kPacket, 0xFF);
    auto* at = &out[begin];
    at[0] = 0x47;
    store16(at + 1, pid);
    // No data, so the next one with data is the next number (2.4.3.3).
    at[3] = static_cast<std::uint8_t>(0x20 | ((packets[3] - 1) & 0x0F));
    at[4] = static_cast<std::uint8_t>(kPacket - 5);
    at[5] = 0x80;
  }
  return out;
}

}  // namespace camfleet::ts
