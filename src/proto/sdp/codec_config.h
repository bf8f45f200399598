#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "proto/sdp/sdp.h"

namespace camfleet::sdp {

// The parameter sets that fmtp announces (sprop-parameter-sets; sprop-vps, -sps, -pps), as NAL units without
// start codes, in the order VPS, SPS, PPS. They may be stale: the stream's own override them. What cannot be
// read is left out; more than 4 KiB is nothing.
std::vector<Bytes> parameter_sets(const Format& format);
// The value of sprop-parameter-sets for these NAL units.
std::string sprop(const std::vector<Bytes>& sets);

// MPEG-4 AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1).
struct AacConfig {
  Bytes config;
  int object_type = 0;  // 2 is AAC-LC
  int sample_rate = 0;
  int channels = 0;
  bool operator==(const AacConfig&) const = default;
};
// Of fmtp's `config`; it overrides rtpmap, which some firmwares get wrong. Nothing where it is missing or
// cannot be read.
std::optional<AacConfig> aac_config(const Format& format);
std::optional<AacConfig> parse_audio_specific_config(ByteView config);

}  // namespace camfleet::sdp
