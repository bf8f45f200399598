#pragma once
#include <cstdint>

#include "proto/h26x/bit_reader.h"

namespace camfleet::h26x {

inline constexpr std::uint64_t kMaxSide = 16'384;

struct Crop {
  std::uint32_t left = 0, right = 0, top = 0, bottom = 0;
  std::uint32_t unit_x = 1, unit_y = 1;  // luma samples
};

// Parts of parameter sets that have to be read to get behind them. Loops are bounded by the standard's
// limits; a value past one sets the reader's failure.
void skip_h264_scaling_lists(BitReader& in, int count);                    // H.264 section 7.3.2.1.1.1
void skip_vui_head(BitReader& in);                                         // both: up to the chroma location
void skip_h265_sub_layer_levels(BitReader& in, std::uint32_t sub_layers);  // H.265 section 7.3.3
// From the order count's size; false: no VUI. `reordered` becomes that of the highest layer.
bool skip_h265_to_vui(BitReader& in, std::uint32_t sub_layers, std::uint32_t& reordered);
void skip_h264_hrd(BitReader& in);         // H.264 section E.1.2
void skip_h265_vui_middle(BitReader& in);  // from neutral chroma to the default window

}  // namespace camfleet::h26x
