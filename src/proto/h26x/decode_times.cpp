#include "proto/h26x/decode_times.h"

#include <algorithm>

#include "proto/h26x/bit_reader.h"
#include "proto/h26x/nal.h"

namespace camfleet::h26x {

void DecodeTimes::set_depth(int depth) {
  depth_ = std::clamp(depth, 0, 16);
  const auto keep = static_cast<std::size_t>(depth_);
  if (waiting_.size() > keep) waiting_.erase(waiting_.begin(), waiting_.end() - depth_);
}

std::int64_t DecodeTimes::next(std::int64_t shown, std::int64_t step) {
  // In front of the first picture, and where the depth has grown, pictures are imagined that would have been
  // shown at the usual distance.
  while (waiting_.size() < static_cast<std::size_t>(depth_)) {
    const auto before = waiting_.empty() ? shown : waiting_.front();
    waiting_.insert(waiting_.begin(), before - step);
  }
  waiting_.insert(std::ranges::upper_bound(waiting_, shown), shown);
  auto time = waiting_.front();
  waiting_.erase(waiting_.begin());
  if (started_ && time <= last_) time = last_ + 1;
  started_ = true;
  last_ = time;
  return time;
}

bool is_h264_b_slice(ByteView nal) {
  const auto type = nal_type(Codec::h264, nal);
  if (type != h264::kSlice) return false;
  BitReader in{nal.subspan(1, std::min<std::size_t>(nal.size() - 1, 16))};
  in.ue();  // first_mb_in_slice
  return in.ue() % 5 == 1 && in.ok();
}

}  // namespace camfleet::h26x
