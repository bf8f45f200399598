#include "proto/h26x/sps_syntax.h"

#include <array>

namespace camfleet::h26x {
namespace {

constexpr std::uint32_t kMaxShortTermSets = 64;
constexpr std::uint32_t kMaxReferences = 16;

// Reads ue(v) that must not pass `limit`.
std::uint32_t ue_up_to(BitReader& in, std::uint32_t limit) {
  const auto value = in.ue();
  if (value <= limit) return value;
  in.fail();
  return 0;
}

// H.265 section 7.3.4
void skip_h265_scaling_list(BitReader& in) {
  for (int size = 0; size < 4; ++size) {
    for (int matrix = 0; matrix < 6 && in.ok(); matrix += size == 3 ? 3 : 1) {
      if (!in.flag()) {
        in.ue();
        continue;
      }
      const int coefficients = size == 0 ? 16 : 64;
      if (size > 1) in.se();
      for (int i = 0; i < coefficients && in.ok(); ++i) in.se();
    }
  }
}

// H.265 section 7.3.7. `pictures` holds the number of pictures of each set read so far: a predicted set's
// loop runs over those of its reference.
void skip_short_term_set(BitReader& in, std::uint32_t index,
                         std::array<std::uint32_t, kMaxShortTermSets>& pictures) {
  if (index > 0 && in.flag()) {
    in.skip(1);
    in.ue();
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i <= pictures[index - 1] && in.ok(); ++i) {
      const bool used = in.flag();
      if (used || in.flag()) ++kept;
    }
    if (kept > kMaxReferences) in.fail();
    pictures[index] = kept;
    return;
  }
  const auto negative = ue_up_to(in, kMaxReferences);
  const auto positive = ue_up_to(in, kMaxReferences);
  for (std::uint32_t i = 0; i < negative + positive && in.ok(); ++i) {
    in.ue();
    in.skip(1);
  }
  pictures[index] = negative + positive;
}

}  // namespace

void skip_h264_scaling_lists(BitReader& in, int count) {
  for (int list = 0; list < count && in.ok(); ++list) {
    if (!in.flag()) continue;
    std::int32_t last = 8;
    std::int32_t next = 8;
    for (int i = 0; i < (list < 6 ? 16 : 64) && in.ok(); ++i) {
      if (next != 0) {
        const auto delta = in.se();
        if (delta < -128 || delta > 127) return in.fail();
        next = (last + delta + 256) % 256;
      }
      if (next != 0) last = next;
    }
  }
}

void skip_vui_head(BitReader& in) {
  if (in.flag() && in.bits(8) == 255) in.skip(32);  // aspect ratio, extended
  if (in.flag()) in.skip(1);                        // overscan
  if (in.flag()) {                                  // video signal
    in.skip(4);
    if (in.flag()) in.skip(24);
  }
  if (in.flag()) {  // chroma location
    in.ue();
    in.ue();
  }
}

void skip_h265_sub_layer_levels(BitReader& in, std::uint32_t sub_layers) {
  std::array<bool, 8> profile{};
  std::array<bool, 8> level{};
  for (std::uint32_t i = 0; i < sub_layers; ++i) {
    profile[i] = in.flag();
    level[i] = in.flag();
  }
  if (sub_layers > 0) in.skip(static_cast<int>(8 - sub_layers) * 2);
  for (std::uint32_t i = 0; i < sub_layers; ++i) in.skip((profile[i] ? 88 : 0) + (level[i] ? 8 : 0));
}

void skip_h264_hrd(BitReader& in) {
  const auto count = ue_up_to(in, 31);
  in.skip(8);
  for (std::uint32_t i = 0; i <= count && in.ok(); ++i) {
    in.ue();
    in.ue();
    in.skip(1);
  }
  in.skip(20);
}

bool skip_h265_to_vui(BitReader& in, std::uint32_t sub_layers, std::uint32_t& reordered) {
  const auto order_count_bits = ue_up_to(in, 12) + 4;
  const bool each_layer = in.flag();
  for (std::uint32_t i = each_layer ? 0 : sub_layers; i <= sub_layers && in.ok(); ++i) {
    in.ue();
    reordered = in.ue();
    in.ue();
  }
  for (int i = 0; i < 6; ++i) in.ue();  // block and transform sizes and depths
  if (in.flag() && in.flag()) skip_h265_scaling_list(in);
  in.skip(2);
  if (in.flag()) {  // PCM
    in.skip(8);
    in.ue();
    in.ue();
    in.skip(1);
  }

  std::array<std::uint32_t, kMaxShortTermSets> pictures{};
  const auto sets = ue_up_to(in, kMaxShortTermSets);
  for (std::uint32_t i = 0; i < sets && in.ok(); ++i) skip_short_term_set(in, i, pictures);
  if (in.flag()) {  // long-term references
    const auto count = ue_up_to(in, 32);
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) in.skip(static_cast<int>(order_count_bits) + 1);
  }
  in.skip(2);
  return in.flag() && in.ok();
}

void skip_h265_vui_middle(BitReader& in) {
  in.skip(3);
  if (in.flag())  // default display window
    for (int i = 0; i < 4; ++i) in.ue();
}

}  // namespace camfleet::h26x
