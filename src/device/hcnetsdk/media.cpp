#include "device/hcnetsdk/media.h"

#include <algorithm>

#include "device/rtsp/tracks.h"
#include "proto/rtp/packet.h"
#include "proto/sdkhost/descriptors.h"

namespace camfleet::device::hcnetsdk {
namespace {

std::uint16_t little16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | at[1] << 8); }

model::Codec video_of(std::uint16_t number) {
  switch (number) {
    case 0x0001:  // the vendor's, which is H.264 on the wire
    case 0x0100:
      return model::Codec::h264;
    case 0x0005:
      return model::Codec::h265;
    case 0x0004:
      return model::Codec::mjpeg;
    default:
      return model::Codec::unknown;
  }
}

model::Codec audio_of(std::uint16_t number) {
  switch (number) {
    case 0x2001:
      return model::Codec::aac;
    case 0x7110:
      return model::Codec::pcmu;
    case 0x7111:
      return model::Codec::pcma;
    case 0x7260:
    case 0x7261:
    case 0x7262:
      return model::Codec::g726;
    default:
      return model::Codec::unknown;
  }
}

}  // namespace

std::optional<MediaHeader> parse_media_header(ByteView bytes) {
  if (bytes.size() < 24 || as_text(bytes.first(4)) != "IMKH") return std::nullopt;
  MediaHeader out;
  out.system = little16(bytes.data() + 8);
  out.video = video_of(little16(bytes.data() + 10));
  out.audio = audio_of(little16(bytes.data() + 12));
  out.audio_channels = std::clamp<std::uint8_t>(bytes[14], 1, 8);
  out.sample_rate = little16(bytes.data() + 16) | std::uint32_t{little16(bytes.data() + 18)} << 16;
  return out;
}

void Media::begin(model::StreamInfo info, model::Publisher& to) {
  for (std::size_t i = 0; i < info.tracks.size() && i < 2; ++i) {
    Intake::Track track;
    track.index = static_cast<std::uint8_t>(i);
    track.codec = info.tracks[i].codec;
    track.starts = info.tracks[i].media == model::Media::video || info.tracks.size() == 1;
    track.payload_types[0] = info.tracks[i].payload_type;
    track.payload_type_count = 1;
    // Records of video go by the even channels of track 0, those of sound by the same of the next.
    const bool video = info.tracks[i].media == model::Media::video;
    intake_.assign(video ? 0 : 2, video ? 1 : 3, track);
  }
  started_ = true;
  to.start(std::move(info));
}

Result<void> Media::describe(std::string_view text, model::Publisher& to) {
  // After a reconnection the library tells it again; tracks keep their places while a pull lasts.
  if (started_) return {};
  const auto session = sdp::parse(text);
  if (!session) return fail(session.error());
  url::Url nowhere;
  nowhere.scheme = "rtsp";
  nowhere.host = "device.invalid";
  nowhere.target = "/";
  auto wanted = wanted_tracks(*session, nowhere, nowhere);
  if (!wanted) return fail(wanted.error());
  model::StreamInfo info;
  for (auto& one : *wanted) info.tracks.push_back(std::move(one.track));
  begin(std::move(info), to);
  return {};
}

// No description came: the header tells codecs, and the first packet its payload type.
void Media::assume(ByteView first, std::uint8_t type, model::Publisher& to) {
  if (!header_ || type != sdkhost::kVideo) return;
  const auto packet = rtp::parse(first);
  if (!packet || header_->video == model::Codec::unknown) return;
  model::StreamInfo info;
  auto& video = info.tracks.emplace_back();
  video.codec = header_->video;
  video.payload_type = packet->payload_type;
  video.encoding = video.codec == model::Codec::h265    ? "H265"
                   : video.codec == model::Codec::mjpeg ? "JPEG"
                                                        : "H264";
  if (header_->audio == model::Codec::pcmu || header_->audio == model::Codec::pcma) {
    auto& audio = info.tracks.emplace_back();
    audio.media = model::Media::audio;
    audio.codec = header_->audio;
    audio.payload_type = audio.codec == model::Codec::pcmu ? 0 : 8;
    audio.clock_rate = 8'000;
    audio.encoding = audio.codec == model::Codec::pcmu ? "PCMU" : "PCMA";
  }
  begin(std::move(info), to);
}

Result<void> Media::feed(std::uint8_t type, ByteView bytes, SteadyTime now, model::Publisher& to) {
  switch (type) {
    case sdkhost::kHead:
      if (auto header = parse_media_header(bytes)) header_ = *header;
      return {};
    case sdkhost::kDescription: {
      auto text = as_text(bytes);
      while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
      return describe(text, to);
    }
    case sdkhost::kVideo:
    case sdkhost::kAudio:
      if (!started_) assume(bytes, type, to);
      if (started_) intake_.datagram(type == sdkhost::kVideo ? 0 : 2, bytes, now, &to);
      return {};
    default:
      return {};
  }
}

}  // namespace camfleet::device::hcnetsdk
