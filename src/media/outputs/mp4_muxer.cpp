#include "media/outputs/mp4_muxer.h"

#include <vector>

#include "proto/fmp4/fragment.h"

namespace camfleet::media {

Result<FormInit> Mp4Muxer::begin(const Formats& formats, std::int64_t) {
  if (formats.video == nullptr) {
    auto data = fmp4::init_segment(*formats.audio);
    if (!data) return fail(std::move(data.error()));
    return FormInit{fmp4::mime_type(*formats.audio), "audio/mp4", std::move(*data), {}};
  }
  std::optional<fmp4::AacTrack> audio;
  if (formats.audio != nullptr) audio = *formats.audio;
  auto data = fmp4::init_segment(*formats.video, audio);
  if (!data) return fail(std::move(data.error()));
  auto mime = fmp4::mime_type(*formats.video, audio);
  if (!mime) return fail(std::move(mime.error()));
  return FormInit{std::move(*mime), content_type(Form::mp4), std::move(*data), {}};
}

Result<Bytes> Mp4Muxer::picture(const VideoFrame& frame, const std::optional<WallMoment>& wall) {
  const fmp4::Sample sample{.data = frame.data,
                            .duration = frame.duration,
                            .composition_offset = static_cast<std::int32_t>(frame.shown - frame.decoded),
                            .key = frame.key};
  const fmp4::Run run{fmp4::kVideoTrack, static_cast<std::uint64_t>(frame.decoded), std::span{&sample, 1}};
  auto bytes = fmp4::fragment(++sequence_, run);
  if (!bytes || !wall) return bytes;
  Bytes timed;
  timed.reserve(bytes->size() + 32);
  fmp4::append_producer_time(timed, fmp4::kVideoTrack, wall->ntp, static_cast<std::uint64_t>(frame.shown),
                             wall->by_camera);
  timed.insert(timed.end(), bytes->begin(), bytes->end());
  return timed;
}

Result<Bytes> Mp4Muxer::sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) {
  std::vector<fmp4::Sample> list;
  list.reserve(frames.size());
  for (const auto frame : frames)
    list.push_back({.data = frame, .duration = samples, .composition_offset = 0, .key = true});
  const fmp4::Run run{fmp4::kAudioTrack, static_cast<std::uint64_t>(time), list};
  return fmp4::fragment(++sequence_, run);
}

}  // namespace camfleet::media
