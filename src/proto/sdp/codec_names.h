#pragma once
#include <cstdint>
#include <string_view>

#include "proto/sdp/sdp.h"

namespace camfleet::sdp {

// The codec of an rtpmap's encoding name, in any case.
Codec codec_of_encoding(std::string_view encoding);

// What RFC 3551 assigns to a payload type; `codec` is unknown where it assigns nothing.
struct StaticType {
  Codec codec = Codec::unknown;
  std::string_view encoding;
  std::uint32_t clock_rate = 0;
  int channels = 1;
};
StaticType static_type(std::uint8_t payload_type);

}  // namespace camfleet::sdp
