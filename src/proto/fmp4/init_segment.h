#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::fmp4 {

inline constexpr std::uint32_t kTimescale = 90000;  // of the video track and of the movie
inline constexpr std::uint32_t kVideoTrack = 1;
inline constexpr std::uint32_t kAudioTrack = 2;
// Bytes of an AudioSpecificConfig: the descriptors around it have one byte of length.
inline constexpr std::size_t kMaxAudioConfig = 64;

enum class Codec : std::uint8_t { h264, h265 };

// Parameter sets are NAL units with their header and without start codes.
struct VideoTrack {
  Codec codec = Codec::h264;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::vector<Bytes> vps;  // H.265 alone
  std::vector<Bytes> sps;
  std::vector<Bytes> pps;
};

struct AacTrack {
  Bytes config;                   // AudioSpecificConfig, 2 to kMaxAudioConfig bytes
  std::uint32_t sample_rate = 0;  // also the track's timescale
  std::uint16_t channels = 1;
};

// ftyp and moov for a live stream: no samples, durations unknown (ISO/IEC 14496-12 section 8.8). Samples are
// avc1 or hvc1: the parameter sets stand here. h26x_invalid where they are missing or cannot be read.
Result<Bytes> init_segment(const VideoTrack& video, const std::optional<AacTrack>& audio = {});
// Sound alone.
Result<Bytes> init_segment(const AacTrack& audio);

// AVCDecoderConfigurationRecord and HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 sections 5.3.3, 8.3.3).
Result<Bytes> avcc(const VideoTrack& video);
Result<Bytes> hvcc(const VideoTrack& video);

// For MSE and MIME types (RFC 6381): "avc1.42001f", "hvc1.1.6.L93.B0". h26x_invalid where the SPS cannot be
// read.
Result<std::string> codec_string(const VideoTrack& video);
std::string codec_string(const AacTrack& audio);  // "mp4a.40.2"
// `video/mp4; codecs="..."`.
Result<std::string> mime_type(const VideoTrack& video, const std::optional<AacTrack>& audio = {});
std::string mime_type(const AacTrack& audio);  // `audio/mp4; codecs="mp4a.40.2"`

}  // namespace camfleet::fmp4
