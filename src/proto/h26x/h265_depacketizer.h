#pragma once
#include "proto/h26x/depacketizer.h"

namespace camfleet::h26x {

// RFC 7798: single NAL units, aggregation packets and fragmentation units, without DONL fields (no camera
// sends sprop-max-don-diff above 0). PACI and reserved kinds are ignored.
class H265Depacketizer : public Depacketizer {
 public:
  H265Depacketizer() : Depacketizer(Codec::h265) {}

 private:
  void take(ByteView payload) override;
  void aggregate(ByteView rest);
  void fragment(ByteView payload);
};

}  // namespace camfleet::h26x
