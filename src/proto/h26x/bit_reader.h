#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace camfleet::h26x {

// Bits of a NAL unit's payload, emulation prevention bytes (00 00 03) left out on the way. Past the end, and
// past an exp-Golomb code of more than 32 bits, everything reads as 0 and ok() is false for ever: a parser
// may go on and look once at its end, if what bounds its loops is checked where it was read.
class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes) {}

  std::uint32_t bit();
  std::uint32_t bits(int count);  // at most 32
  bool flag() { return bit() != 0; }
  std::uint32_t ue();  // ue(v), section 9.1 of H.264
  std::int32_t se();
  void skip(int count);
  bool ok() const { return ok_; }
  void fail() { ok_ = false; }

 private:
  ByteView bytes_;
  std::size_t next_ = 0;
  std::uint8_t held_ = 0;
  int left_ = 0;
  int zeros_ = 0;
  bool ok_ = true;
};

}  // namespace camfleet::h26x
