#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace camfleet::h26x {

// One RTP payload in two parts, so that nothing is copied: the bytes of a fragment's own headers, then a
// piece of the NAL unit.
struct Piece {
  std::array<std::uint8_t, 3> prefix{};
  std::uint8_t prefix_size = 0;
  bool marker = false;
  ByteView body;  // into the NAL unit

  std::size_t size() const { return prefix_size + body.size(); }
  Bytes joined() const;
};

// Appends the payloads of one NAL unit: itself where it fits `max_payload`, else FU-A fragments (RFC 6184
// section 5.8). The marker is set on the last piece where `last` says that the NAL unit ends its picture. An
// empty NAL unit adds nothing. `max_payload` is at least 16.
void packetize_h264(ByteView nal, bool last, std::size_t max_payload, std::vector<Piece>& out);
// The same with fragmentation units of RFC 7798 section 4.4.3.
void packetize_h265(ByteView nal, bool last, std::size_t max_payload, std::vector<Piece>& out);

}  // namespace camfleet::h26x
