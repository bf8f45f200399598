#pragma once
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace camfleet::ps {

enum class Video : std::uint8_t { none, h264, h265, other };
enum class Audio : std::uint8_t { none, pcmu, pcma, aac, other };

// The 40 bytes that Hikvision puts in front of a stream ("IMKH", little-endian), in the callbacks of its
// library and in files; also the value of a=Media_header:MEDIAINFO in SDP.
struct MediaHead {
  enum class System : std::uint8_t { none, hikvision, program_stream, transport_stream, rtp, other };
  System system = System::none;
  Video video = Video::none;
  Audio audio = Audio::none;
  std::uint8_t audio_channels = 0;
  std::uint32_t sample_rate = 0;
  bool operator==(const MediaHead&) const = default;
};

inline constexpr std::size_t kMediaHead = 40;

// Nothing for fewer bytes than that, and for bytes that do not begin with its mark. What follows is not
// looked at.
std::optional<MediaHead> parse_media_head(ByteView bytes);

}  // namespace camfleet::ps
