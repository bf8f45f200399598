#include "proto/ps/media_head.h"

namespace camfleet::ps {
namespace {

std::uint16_t little16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | at[1] << 8); }
std::uint32_t little32(const std::uint8_t* at) {
  return little16(at) | std::uint32_t{little16(at + 2)} << 16;
}

MediaHead::System system_of(std::uint16_t word) {
  using enum MediaHead::System;
  switch (word) {
    case 0:
      return none;
    case 1:
      return hikvision;
    case 2:
      return program_stream;
    case 3:
      return transport_stream;
    case 4:
      return rtp;
    default:
      return other;
  }
}

Video video_of(std::uint16_t word) {
  switch (word) {
    case 0:
      return Video::none;
    case 0x0001:  // the vendor's own form of H.264
    case 0x0100:
      return Video::h264;
    case 0x0005:
      return Video::h265;
    default:
      return Video::other;
  }
}

Audio audio_of(std::uint16_t word) {
  switch (word) {
    case 0:
      return Audio::none;
    case 0x7110:
      return Audio::pcmu;
    case 0x7111:
      return Audio::pcma;
    case 0x2001:
      return Audio::aac;
    default:
      return Audio::other;
  }
}

}  // namespace

std::optional<MediaHead> parse_media_head(ByteView bytes) {
  if (bytes.size() < kMediaHead || as_text(bytes.first(4)) != "IMKH") return std::nullopt;
  const auto* at = bytes.data();
  return MediaHead{.system = system_of(little16(at + 8)),
                   .video = video_of(little16(at + 10)),
                   .audio = audio_of(little16(at + 12)),
                   .audio_channels = at[14],
                   .sample_rate = little32(at + 16)};
}

}  // namespace camfleet::ps
