#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace camfleet::aac {

// What an AudioSpecificConfig says (ISO/IEC 14496-3 section 1.6.2.1).
struct Config {
  int object_type = 2;    // 2 is AAC-LC, 5 SBR, 29 SBR and PS
  int sample_rate = 0;    // of what comes out of the decoder
  int channels = 0;       // 0: the stream says it inside
  int frame_samples = 0;  // of one access unit, at sample_rate
  bool operator==(const Config&) const = default;
};

// Nothing for what is cut short, for object type 0 and for rates outside of 1,000 to 192,000.
std::optional<Config> parse_config(ByteView config);
// The AudioSpecificConfig of AAC-LC; `channels` of 1 to 8.
Bytes make_config(int sample_rate, int channels);

// One frame of AAC-LC, of 1,024 samples of silence, that fits any rate; empty for more than two channels.
ByteView silence(int channels);

// The head of an ADTS frame (ISO/IEC 14496-3 section 1.A.2.2.1). Cameras put it in front of access units that
// should stand alone.
struct AdtsHeader {
  Config config;
  std::size_t header_size = 0;  // 7 or 9
  std::size_t frame_size = 0;   // with the header
};
// Nothing where `bytes` does not begin with one, or its length cannot be.
std::optional<AdtsHeader> parse_adts(ByteView bytes);
// The head, of seven bytes, of a frame that an AudioSpecificConfig describes. SBR and PS are not said in it:
// the frames say that themselves. Nothing where ADTS cannot say the rest: an odd rate, an object type above
// 4, channels that the stream says inside, a frame of more than 8,184 bytes.
std::optional<std::array<std::uint8_t, 7>> adts_header(ByteView config, std::size_t frame);

}  // namespace camfleet::aac
