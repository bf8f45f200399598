#pragma once
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "proto/h26x/nal.h"

namespace camfleet::h26x {

inline constexpr std::size_t kMaxNal = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxAccessUnit = 8 * 1024 * 1024;
inline constexpr std::size_t kMaxNals = 512;

// One picture with what precedes it: the NAL units in one block, each behind its length in four bytes
// (ISO/IEC 14496-15), which is the form that MP4 and FLV carry.
struct AccessUnit {
  struct Range {
    std::uint32_t offset = 0;  // of the NAL unit itself, behind its length
    std::uint32_t size = 0;
  };
  std::uint32_t timestamp = 0;  // of RTP
  bool key = false;             // decoding can begin here
  bool parameter_sets = false;  // carries VPS, SPS or PPS
  Bytes data;
  std::vector<Range> ranges;

  std::size_t size() const { return ranges.size(); }
  ByteView nal(std::size_t index) const {
    return ByteView(data).subspan(ranges[index].offset, ranges[index].size);
  }
  // False, and nothing done, where a limit would be passed.
  bool append(ByteView nal);
  void clear();
};

// The parameter sets in force, each kind in order of its ids; a set that comes again under its id replaces
// the former.
class ParameterSets {
 public:
  // Keeps a copy if `nal` is a VPS, SPS or PPS; true where something changed. At most 4 VPS, 4 SPS and 16 PPS
  // of 4 KiB each.
  bool update(Codec codec, ByteView nal);
  const std::vector<Bytes>& vps() const { return vps_; }
  const std::vector<Bytes>& sps() const { return sps_; }
  const std::vector<Bytes>& pps() const { return pps_; }
  bool complete(Codec codec) const {
    return !sps_.empty() && !pps_.empty() && (codec == Codec::h264 || !vps_.empty());
  }
  // Grows with every change: a packager compares it to know that it has to begin anew.
  std::uint32_t generation() const { return generation_; }

 private:
  std::vector<Bytes> vps_, sps_, pps_;
  std::uint32_t generation_ = 0;
};

}  // namespace camfleet::h26x
