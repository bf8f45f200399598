#include "media/outputs/flv_muxer.h"

namespace camfleet::media {
namespace {

std::int64_t to_ms(std::int64_t time) { return time / 90; }

Result<Bytes> record_of(const fmp4::VideoTrack& video) {
  return video.codec == fmp4::Codec::h264 ? fmp4::avcc(video) : fmp4::hvcc(video);
}

}  // namespace

Result<FormInit> FlvMuxer::begin(const Formats& formats, std::int64_t time) {
  FormInit out;
  flv::Metadata metadata;
  Bytes configs;
  auto form = form_;
  if (const auto* video = formats.video) {
    form = video->codec == fmp4::Codec::h264 ? flv::VideoForm::avc : h265_;
    const auto record = record_of(*video);
    if (!record) return fail(record.error());
    const auto added = flv::append_video_config(configs, form, *record, to_ms(time));
    if (!added) return fail(added.error());
    metadata.video = {form, video->width, video->height};
  }
  if (const auto* audio = formats.audio) {
    const auto added = flv::append_audio_config(configs, audio->config, to_ms(time));
    if (!added) return fail(added.error());
    metadata.audio = {audio->sample_rate, audio->channels};
  }
  form_ = form;
  rate_ = formats.audio != nullptr ? formats.audio->sample_rate : 0;
  out.mime = out.content_type = content_type(Form::flv);
  flv::append_header(out.data, formats.audio != nullptr, formats.video != nullptr);
  flv::append_metadata(out.data, metadata);
  out.data.insert(out.data.end(), configs.begin(), configs.end());
  out.change = std::move(configs);
  return out;
}

Result<Bytes> FlvMuxer::picture(const VideoFrame& frame, const std::optional<WallMoment>&) {
  const auto decoded = to_ms(frame.decoded);
  Bytes out;
  const auto added = flv::append_picture(
      out, form_, {frame.data, decoded, static_cast<std::int32_t>(to_ms(frame.shown) - decoded), frame.key});
  if (!added) return fail(added.error());
  return out;
}

Result<Bytes> FlvMuxer::sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) {
  if (rate_ == 0) return fail(Code::media_bad_data, "sound");
  Bytes out;
  for (const auto frame : frames) {
    const auto added = flv::append_sound(out, frame, time * 1'000 / rate_);
    if (!added) return fail(added.error());
    time += samples;
  }
  return out;
}

}  // namespace camfleet::media
