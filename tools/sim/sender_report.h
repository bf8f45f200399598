#pragma once
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"

namespace camfleet::sim {

// Where a track stands, for the other side to lay tracks beside each other.
struct SenderState {
  std::uint8_t channel = 0;  // of RTP; the report goes out on the next
  std::uint32_t ssrc = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
};

// Appends an RTCP sender report and the name that goes with it, framed (RFC 2326 section 10.12).
void append_sender_report(Bytes& out, const SenderState& state, const Clock& clock);

}  // namespace camfleet::sim
