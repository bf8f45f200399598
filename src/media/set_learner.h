#pragma once
#include "model/stream.h"
#include "proto/h26x/access_unit.h"

namespace camfleet::media {

// Parameter sets of a stream whose description has none. A camera may send them once, at the start; a viewer
// who comes later has nothing else to decode by. Whole NAL units and aggregates are looked at: nobody cuts
// parameter sets into fragments.
class SetLearner {
 public:
  SetLearner() = default;
  explicit SetLearner(const model::Track& track);

  // Nothing more to learn: the description was complete, or the stream has told.
  bool done() const { return done_; }
  // True where this packet of the track made the sets complete.
  bool take(const model::Packet& packet);
  void fill(model::Track& track) const;

 private:
  void learn(ByteView nal);
  h26x::Codec codec_ = h26x::Codec::h264;
  h26x::ParameterSets sets_;
  bool done_ = true;
};

}  // namespace camfleet::media
