#include "media/set_learner.h"

#include "proto/h26x/annexb.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kMaxParts = 32;  // of a payload with start codes in it

}  // namespace

SetLearner::SetLearner(const model::Track& track) {
  const bool h265 = track.codec == model::Codec::h265;
  if (!h265 && track.codec != model::Codec::h264) return;
  codec_ = h265 ? h26x::Codec::h265 : h26x::Codec::h264;
  for (const Bytes* set : {&track.vps, &track.sps, &track.pps})
    if (!set->empty()) (void)sets_.update(codec_, *set);
  done_ = sets_.complete(codec_);
}

bool SetLearner::take(const model::Packet& packet) {
  if (done_) return false;
  const auto rtp = rtp::parse(packet.rtp());
  if (!rtp || !h26x::classify(codec_, rtp->payload).parameter_set) return false;
  const bool h264 = codec_ == h26x::Codec::h264;
  const int type = h26x::nal_type(codec_, rtp->payload);
  if (type == (h264 ? h26x::h264::kStapA : h26x::h265::kAggregate)) {
    auto rest = rtp->payload.subspan(h264 ? 1 : 2);
    while (rest.size() >= 2) {  // classify() has checked the lengths
      const std::size_t size = load16(rest.data());
      learn(rest.subspan(2, size));
      rest = rest.subspan(2 + size);
    }
  } else {
    learn(rtp->payload);
  }
  done_ = sets_.complete(codec_);
  return done_;
}

// Some cameras put several sets with start codes between them into one payload, or zeros behind a set.
void SetLearner::learn(ByteView nal) {
  for (const ByteView part : h26x::split_annexb(nal, kMaxParts)) (void)sets_.update(codec_, part);
}

void SetLearner::fill(model::Track& track) const {
  if (!sets_.vps().empty()) track.vps = sets_.vps().front();
  if (!sets_.sps().empty()) track.sps = sets_.sps().front();
  if (!sets_.pps().empty()) track.pps = sets_.pps().front();
}

}  // namespace camfleet::media
