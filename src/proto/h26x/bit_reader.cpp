#include "proto/h26x/bit_reader.h"

namespace camfleet::h26x {

std::uint32_t BitReader::bit() {
  if (left_ == 0) {
    if (zeros_ >= 2 && next_ < bytes_.size() && bytes_[next_] == 3) {
      ++next_;
      zeros_ = 0;
    }
    if (!ok_ || next_ >= bytes_.size()) {
      ok_ = false;
      return 0;
    }
    held_ = bytes_[next_++];
    zeros_ = held_ == 0 ? zeros_ + 1 : 0;
    left_ = 8;
  }
  --left_;
  return held_ >> left_ & 1U;
}

std::uint32_t BitReader::bits(int count) {
  std::uint32_t value = 0;
  while (count-- > 0) value = value << 1 | bit();
  return value;
}

void BitReader::skip(int count) {
  while (count-- > 0 && ok_) bit();
}

std::uint32_t BitReader::ue() {
  int zeros = 0;
  while (ok_ && bit() == 0) {
    if (++zeros > 31) ok_ = false;
  }
  if (!ok_) return 0;
  return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
}

std::int32_t BitReader::se() {
  const auto code = ue();
  const auto half = static_cast<std::int32_t>(code / 2);
  return (code & 1) != 0 ? half + 1 : -half;
}

}  // namespace camfleet::h26x
