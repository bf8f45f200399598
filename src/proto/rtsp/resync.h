#pragma once
#include <bitset>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::rtsp {

// Finds the next interleaved packet after a camera lost or inserted bytes. A packet is believed where `$`, an
// expected channel, a length that an RTP or RTCP header fits in and the version byte stand together, and, as
// far as seen, another packet or message follows it. Also believed: the beginning of a response, "RTSP/1.".
class Resync {
 public:
  explicit Resync(const std::bitset<256>& channels, std::size_t budget = 64 * 1024)
      : channels_(channels), left_(budget) {}

  // Drops junk off the front of `in`. true: `in` begins with something that looks right, go on with a new
  // Parser. false: read more, what is left of `in` has to come again. Code::rtsp_out_of_sync: the budget is
  // used up, reconnect.
  Result<bool> scan(ByteView& in);
  std::size_t dropped() const { return dropped_; }

 private:
  std::bitset<256> channels_;
  std::size_t left_;
  std::size_t dropped_ = 0;
};

}  // namespace camfleet::rtsp
