#include "device/hcnetsdk/media.h"

#include <algorithm>

#include "device/rtsp/tracks.h"
#include "proto/rtp/packet.h"
#include "proto/sdkhost/descriptors.h"

namespace camfleet::device::hcnetsdk {
namespace {

model::Codec to_model(ps::Video video) {
  return video == ps::Video::h264   ? model::Codec::h264
         : video == ps::Video::h265 ? model::Codec::h265
                                    : model::Codec::unknown;
}

// Of any value: the packets of one stream alone must tell themselves apart.
constexpr std::uint32_t kSeed = 0x5D4B0001;

}  // namespace

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

Result<void> Media::describe(const sdp::Session& session, model::Publisher& to) {
  url::Url nowhere;
  nowhere.scheme = "rtsp";
  nowhere.host = "device.invalid";
  nowhere.target = "/";
  auto wanted = wanted_tracks(session, nowhere, nowhere);
  if (!wanted) return fail(wanted.error());
  // What begins with a wrong description goes on with it for as long as packets come. One that was cut off
  // loses its codec first: the head knows that too, and where there is none a new pull asks for all again.
  const auto unknown = [](const WantedTrack& one) {
    return one.track.media == model::Media::video && one.track.codec == model::Codec::unknown;
  };
  if (std::ranges::any_of(*wanted, unknown)) {
    if (head_) return {};
    return fail(Code::sdp_invalid, "the library's description names no codec");
  }
  model::StreamInfo info;
  for (auto& one : *wanted) info.tracks.push_back(std::move(one.track));
  begin(std::move(info), to);
  return {};
}

// No description came: the head tells codecs, and the first packet its payload type.
void Media::assume(ByteView first, std::uint8_t type, model::Publisher& to) {
  if (!head_ || type != sdkhost::kVideo) return;
  const auto packet = rtp::parse(first);
  const auto codec = to_model(head_->video);
  if (!packet || codec == model::Codec::unknown) return;
  model::StreamInfo info;
  auto& video = info.tracks.emplace_back();
  video.codec = codec;
  video.payload_type = packet->payload_type;
  video.encoding = codec == model::Codec::h265 ? "H265" : "H264";
  if (head_->audio == ps::Audio::pcmu || head_->audio == ps::Audio::pcma) {
    const bool mu = head_->audio == ps::Audio::pcmu;
    auto& audio = info.tracks.emplace_back();
    audio.media = model::Media::audio;
    audio.codec = mu ? model::Codec::pcmu : model::Codec::pcma;
    audio.payload_type = mu ? 0 : 8;
    audio.clock_rate = 8'000;
    audio.encoding = mu ? "PCMU" : "PCMA";
  }
  begin(std::move(info), to);
}

Result<void> Media::program_stream(ByteView bytes, SteadyTime now, model::Publisher& to) {
  if (!made_) {
    made_ = std::make_unique<ps::RtpStream>(kSeed);
    made_->begin(head_);
  }
  made_->push(bytes);
  while (const auto packet = made_->pull()) {
    if (!started_ && made_->description() != nullptr)
      if (auto described = describe(*made_->description(), to); !described) return described;
    if (started_) intake_.datagram(static_cast<std::uint8_t>(2 * packet->track), packet->bytes, now, &to);
  }
  if (made_->changed()) return fail(Code::media_changed, "another codec");
  return {};
}

Result<void> Media::feed(std::uint8_t type, ByteView bytes, SteadyTime now, model::Publisher& to) {
  if (type != sdkhost::kLoss && !gate_.pass(type, bytes)) return {};
  switch (type) {
    case sdkhost::kLoss:
      gate_.close();
      return {};
    case sdkhost::kHead:
      if (const auto head = ps::parse_media_head(bytes)) {
        head_ = head;
        // The library connected anew.
        if (made_) made_->begin(head);
      }
      return {};
    case sdkhost::kDescription: {
      // After a reconnection the library tells it again; tracks keep their places while a pull lasts.
      if (started_) return {};
      auto text = as_text(bytes);
      while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
      const auto session = sdp::parse(text);
      if (!session) return fail(session.error());
      return describe(*session, to);
    }
    case sdkhost::kProgramStream:
      return program_stream(bytes, now, to);
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
