#pragma once
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace camfleet::sim {

// Where the packets of a session go.
class Way {
 public:
  virtual ~Way() = default;
  // Packets as RFC 2326 section 10.12 frames them, each in the parts of `parts` between two frame headers.
  // False: nobody is there any more.
  virtual bool send(std::span<const ByteView> parts) = 0;
  // Sends what waits.
  virtual bool flush() = 0;
  // More pictures have to wait.
  virtual bool blocked() const = 0;
};

// The numbers that only one track of one session has.
struct TrackStart {
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint8_t channel = 0;  // of RTP; RTCP is the next
};

}  // namespace camfleet::sim
