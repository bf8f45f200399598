#include "proto/h26x/sps.h"

#include <cstdio>

#include "proto/h26x/nal.h"
#include "proto/h26x/sps_syntax.h"

namespace camfleet::h26x {
namespace {

std::unexpected<Error> invalid(const char* rule) { return fail(Code::h26x_invalid, rule); }

// Width and height after cropping; false for pictures that are empty or past the limit. Crops are in chroma
// samples.
bool picture_size(std::uint64_t coded_width, std::uint64_t coded_height, const Crop& crop, int& width,
                  int& height) {
  const auto cut_x = (std::uint64_t{crop.left} + crop.right) * crop.unit_x;
  const auto cut_y = (std::uint64_t{crop.top} + crop.bottom) * crop.unit_y;
  if (coded_width > kMaxSide || coded_height > kMaxSide || cut_x >= coded_width || cut_y >= coded_height)
    return false;
  width = static_cast<int>(coded_width - cut_x);
  height = static_cast<int>(coded_height - cut_y);
  return true;
}

// H.264 section E.1.1, from behind the timing on; -1 where the restrictions are left out or broken off.
int reordered_of_vui(BitReader& in) {
  const bool nal_hrd = in.flag();
  if (nal_hrd) skip_h264_hrd(in);
  const bool vcl_hrd = in.flag();
  if (vcl_hrd) skip_h264_hrd(in);
  if (nal_hrd || vcl_hrd) in.skip(1);
  in.skip(1);
  if (!in.flag()) return -1;
  in.skip(1);
  for (int i = 0; i < 4; ++i) in.ue();
  const auto reordered = in.ue();
  return in.ok() && reordered <= 16 ? static_cast<int>(reordered) : -1;
}

double rate(std::uint32_t time_scale, std::uint64_t units) {
  return units == 0 ? 0 : static_cast<double>(time_scale) / static_cast<double>(units);
}

bool has_chroma_info(int profile) {
  switch (profile) {
    case 100:
    case 110:
    case 122:
    case 244:
    case 44:
    case 83:
    case 86:
    case 118:
    case 128:
    case 138:
    case 139:
    case 134:
    case 135:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<H264Sps> parse_h264_sps(ByteView nal) {
  if (nal.size() < 4 || nal_type(Codec::h264, nal) != h264::kSps) return invalid("no SPS");
  BitReader in(nal.subspan(1));
  H264Sps sps;
  sps.profile_idc = static_cast<std::uint8_t>(in.bits(8));
  sps.constraints = static_cast<std::uint8_t>(in.bits(8));
  sps.level_idc = static_cast<std::uint8_t>(in.bits(8));
  if (in.ue() > 31) return invalid("id");

  bool separate_planes = false;
  if (has_chroma_info(sps.profile_idc)) {
    const auto chroma = in.ue();
    if (chroma > 3) return invalid("chroma format");
    sps.chroma_format = static_cast<int>(chroma);
    if (chroma == 3) separate_planes = in.flag();
    const auto luma = in.ue();
    const auto chroma_depth = in.ue();
    if (luma > 6 || chroma_depth > 6) return invalid("bit depth");
    sps.bit_depth_luma = static_cast<int>(luma) + 8;
    sps.bit_depth_chroma = static_cast<int>(chroma_depth) + 8;
    in.skip(1);
    if (in.flag()) skip_h264_scaling_lists(in, chroma == 3 ? 12 : 8);
  }

  if (in.ue() > 12) return invalid("frame number");
  const auto order_type = in.ue();
  if (order_type == 0) {
    if (in.ue() > 12) return invalid("order count");
  } else if (order_type == 1) {
    in.skip(1);
    in.se();
    in.se();
    const auto cycle = in.ue();
    if (cycle > 255) return invalid("order cycle");
    for (std::uint32_t i = 0; i < cycle && in.ok(); ++i) in.se();
  } else if (order_type != 2) {
    return invalid("order type");
  }
  if (in.ue() > 16) return invalid("reference frames");
  in.skip(1);

  const auto width_mbs = std::uint64_t{in.ue()} + 1;
  const auto height_units = std::uint64_t{in.ue()} + 1;
  const bool frames_only = in.flag();
  if (!frames_only) in.skip(1);
  in.skip(1);

  Crop crop;
  const bool planar = sps.chroma_format == 0 || separate_planes;
  crop.unit_x = planar || sps.chroma_format == 3 ? 1 : 2;
  crop.unit_y = (planar || sps.chroma_format != 1 ? 1 : 2) * (frames_only ? 1 : 2);
  if (in.flag()) {
    crop.left = in.ue();
    crop.right = in.ue();
    crop.top = in.ue();
    crop.bottom = in.ue();
  }
  if (!in.ok()) return invalid("short");
  if (!picture_size(width_mbs * 16, height_units * 16 * (frames_only ? 1 : 2), crop, sps.width, sps.height))
    return invalid("picture size");

  // A VUI that breaks off is common enough: what is before it counts.
  if (in.flag()) {
    skip_vui_head(in);
    if (in.flag()) {
      const auto units = in.bits(32);
      const auto scale = in.bits(32);
      if (in.ok()) sps.frames_per_second = rate(scale, std::uint64_t{units} * 2);
      in.skip(1);
    }
    sps.reordered = reordered_of_vui(in);
  }
  // Neither Baseline nor output order by decoding order can reorder.
  if (order_type == 2 || sps.profile_idc == 66) sps.reordered = 0;
  return sps;
}

Result<H265Sps> parse_h265_sps(ByteView nal) {
  if (nal.size() < 4 || nal_type(Codec::h265, nal) != h265::kSps) return invalid("no SPS");
  BitReader in(nal.subspan(2));
  H265Sps sps;
  in.skip(4);
  const auto sub_layers = in.bits(3);
  if (sub_layers > 6) return invalid("sub layers");
  sps.temporal_layers = static_cast<int>(sub_layers) + 1;
  sps.temporal_id_nested = in.flag();
  sps.profile_space = static_cast<std::uint8_t>(in.bits(2));
  sps.high_tier = in.flag();
  sps.profile_idc = static_cast<std::uint8_t>(in.bits(5));
  sps.profile_compatibility = in.bits(32);
  for (auto& byte : sps.constraints) byte = static_cast<std::uint8_t>(in.bits(8));
  sps.level_idc = static_cast<std::uint8_t>(in.bits(8));
  skip_h265_sub_layer_levels(in, sub_layers);

  if (in.ue() > 15) return invalid("id");
  const auto chroma = in.ue();
  if (chroma > 3) return invalid("chroma format");
  sps.chroma_format = static_cast<int>(chroma);
  const bool separate_planes = chroma == 3 && in.flag();
  const auto coded_width = in.ue();
  const auto coded_height = in.ue();
  Crop crop;
  crop.unit_x = !separate_planes && (chroma == 1 || chroma == 2) ? 2 : 1;
  crop.unit_y = !separate_planes && chroma == 1 ? 2 : 1;
  if (in.flag()) {
    crop.left = in.ue();
    crop.right = in.ue();
    crop.top = in.ue();
    crop.bottom = in.ue();
  }
  const auto luma = in.ue();
  const auto chroma_depth = in.ue();
  if (luma > 8 || chroma_depth > 8) return invalid("bit depth");
  sps.bit_depth_luma = static_cast<int>(luma) + 8;
  sps.bit_depth_chroma = static_cast<int>(chroma_depth) + 8;
  if (!in.ok()) return invalid("short");
  if (!picture_size(coded_width, coded_height, crop, sps.width, sps.height)) return invalid("picture size");

  std::uint32_t reordered = 0;
  const bool has_vui = skip_h265_to_vui(in, sub_layers, reordered);
  if (reordered <= 16) sps.reordered = static_cast<int>(reordered);
  if (has_vui) {
    skip_vui_head(in);
    skip_h265_vui_middle(in);
    if (in.flag()) {
      const auto units = in.bits(32);
      const auto scale = in.bits(32);
      if (in.ok()) sps.frames_per_second = rate(scale, units);
    }
  }
  return sps;
}

std::string codec_string(const H264Sps& sps) {
  char text[16];
  std::snprintf(text, sizeof text, "avc1.%02X%02X%02X", sps.profile_idc, sps.constraints, sps.level_idc);
  return text;
}

// ISO/IEC 14496-15 section E.3: profile, compatibility in reverse bit order, tier and level, constraint bytes
// without trailing zeros.
std::string codec_string(const H265Sps& sps) {
  std::string out = "hvc1.";
  if (sps.profile_space > 0) out += static_cast<char>('A' + sps.profile_space - 1);
  out += std::to_string(sps.profile_idc);

  std::uint32_t reversed = 0;
  for (int i = 0; i < 32; ++i) reversed |= (sps.profile_compatibility >> i & 1U) << (31 - i);
  char text[24];
  std::snprintf(text, sizeof text, ".%X.%c%d", reversed, sps.high_tier ? 'H' : 'L', sps.level_idc);
  out += text;

  auto count = sps.constraints.size();
  while (count > 0 && sps.constraints[count - 1] == 0) --count;
  for (std::size_t i = 0; i < count; ++i) {
    std::snprintf(text, sizeof text, ".%X", sps.constraints[i]);
    out += text;
  }
  return out;
}

}  // namespace camfleet::h26x
