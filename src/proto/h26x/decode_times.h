#pragma once
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace camfleet::h26x {

// When each picture is to be decoded, made of when it is to be shown: strictly increasing, and never later
// than that. Needs no picture to wait for another: with a depth of n, a picture is decoded at the time at
// which the n-th before it, in order of showing, is shown. Times are in any unit.
class DecodeTimes {
 public:
  // How many pictures may come before one and be shown after it; of the SPS, 0 to 16.
  void set_depth(int depth);
  int depth() const { return depth_; }
  // In order of arrival. `step`: the usual distance of pictures, for those before the first.
  std::int64_t next(std::int64_t shown, std::int64_t step);

 private:
  int depth_ = 0;
  bool started_ = false;
  std::int64_t last_ = 0;
  std::vector<std::int64_t> waiting_;  // times of showing that are still to be given out, ascending
};

// Whether this first slice of an H.264 picture is a B slice (section 7.3.3).
bool is_h264_b_slice(ByteView nal);

}  // namespace camfleet::h26x
