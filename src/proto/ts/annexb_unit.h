#pragma once
#include <span>
#include <vector>

#include "base/bytes.h"
#include "proto/h26x/nal.h"

namespace camfleet::ts {

// One picture as a transport stream carries it (ISO/IEC 13818-1 section 2.14): a delimiter, the parameter
// sets where decoding can begin, and the NAL units, each behind a start code. Parts that follow each other,
// views of `data` and `sets`, and of what lives for ever.
//
// `data`: NAL units behind their lengths in four bytes; what does not fit into its length is left out.
std::vector<ByteView> annexb_unit(h26x::Codec codec, std::span<const Bytes> sets, ByteView data);

}  // namespace camfleet::ts
