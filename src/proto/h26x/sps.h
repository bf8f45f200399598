#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::h26x {

// What a sequence parameter set says of the pictures. `frames_per_second` is 0 where the VUI has no timing;
// cameras also lie there. `reordered`: how many pictures may precede one in decoding order and follow it in
// output order; -1 where nothing says.
struct H264Sps {
  std::uint8_t profile_idc = 0;
  std::uint8_t constraints = 0;  // the byte between profile and level
  std::uint8_t level_idc = 0;
  int chroma_format = 1;
  int bit_depth_luma = 8;
  int bit_depth_chroma = 8;
  int width = 0;  // after cropping
  int height = 0;
  double frames_per_second = 0;
  int reordered = -1;
};

struct H265Sps {
  std::uint8_t profile_space = 0;
  bool high_tier = false;
  std::uint8_t profile_idc = 0;
  std::uint32_t profile_compatibility = 0;
  std::array<std::uint8_t, 6> constraints{};
  std::uint8_t level_idc = 0;
  int temporal_layers = 1;
  bool temporal_id_nested = false;
  int chroma_format = 1;
  int bit_depth_luma = 8;
  int bit_depth_chroma = 8;
  int width = 0;
  int height = 0;
  double frames_per_second = 0;
  int reordered = -1;
};

// `nal` with its NAL header, without start code. Code::h26x_invalid for another NAL type, for what runs past
// its end, and for pictures that are empty or larger than 16,384 each way. Every loop is bounded by the
// standard's own limits.
Result<H264Sps> parse_h264_sps(ByteView nal);
Result<H265Sps> parse_h265_sps(ByteView nal);

// The `codecs` value of MIME types (RFC 6381; ISO/IEC 14496-15 annex E): "avc1.4D401F", "hvc1.1.6.L93.B0".
std::string codec_string(const H264Sps& sps);
std::string codec_string(const H265Sps& sps);

}  // namespace camfleet::h26x
