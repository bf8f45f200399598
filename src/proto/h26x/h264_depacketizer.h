#pragma once
#include "proto/h26x/depacketizer.h"

namespace camfleet::h26x {

// RFC 6184: single NAL units, STAP-A and FU-A, whatever packetization-mode the SDP claims. The kinds of the
// interleaved mode are ignored. Of FU-A: the type counts in the first fragment only (Tiandy), the reserved
// bit not at all, a fragment may be empty, and one with both start and end is a whole NAL unit.
class H264Depacketizer : public Depacketizer {
 public:
  H264Depacketizer() : Depacketizer(Codec::h264) {}

 private:
  void take(ByteView payload) override;
  void aggregate(ByteView rest);
  void fragment(ByteView payload);
};

}  // namespace camfleet::h26x
