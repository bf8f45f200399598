#include "media/outputs/ts_muxer.h"

#include <array>

#include "proto/aac/config.h"
#include "proto/ts/annexb_unit.h"

namespace camfleet::media {

Result<FormInit> TsMuxer::begin(const Formats& formats, std::int64_t) {
  const bool sound = formats.audio != nullptr && aac::adts_header(formats.audio->config, 1);
  if (formats.video == nullptr && !sound) return fail(Code::media_unsupported_codec, "aac");
  if (const auto* video = formats.video) {
    codec_ = video->codec == fmp4::Codec::h264 ? h26x::Codec::h264 : h26x::Codec::h265;
    sets_.clear();
    for (const auto* kind : {&video->vps, &video->sps, &video->pps})
      sets_.insert(sets_.end(), kind->begin(), kind->end());
  }
  if (formats.audio != nullptr) {
    audio_config_ = formats.audio->config;
    rate_ = formats.audio->sample_rate;
  }
  if (!writer_) {
    has_pictures_ = formats.video != nullptr;
    has_sound_ = sound;
    std::optional<ts::StreamType> type;
    if (has_pictures_) type = codec_ == h26x::Codec::h264 ? ts::StreamType::h264 : ts::StreamType::h265;
    writer_.emplace(type, sound);
  }
  FormInit out;
  out.mime = out.content_type = content_type(Form::ts);
  out.change = Bytes{};
  return out;
}

Result<Bytes> TsMuxer::picture(const VideoFrame& frame, const std::optional<WallMoment>&) {
  if (!writer_) return fail(Code::media_bad_data, "no tables");
  Bytes out;
  if (frame.key) writer_->tables(out);
  const auto sets = frame.key ? std::span<const Bytes>{sets_} : std::span<const Bytes>{};
  const auto parts = ts::annexb_unit(codec_, sets, frame.data);
  const auto added = writer_->video(out, {parts, frame.shown, frame.decoded, frame.key});
  if (!added) return fail(added.error());
  return out;
}

Result<Bytes> TsMuxer::sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) {
  if (!has_sound_) return fail(Code::media_unsupported_codec, "aac");
  Bytes out;
  if (!has_pictures_) writer_->tables(out);
  for (const auto frame : frames) {
    const auto header = aac::adts_header(audio_config_, frame.size());
    if (!header) return fail(Code::media_bad_data, "ADTS");
    const auto at = time * 90'000 / rate_;
    const std::array parts{ByteView{*header}, frame};
    const auto added = writer_->audio(out, {parts, at, at, !has_pictures_});
    if (!added) return fail(added.error());
    time += samples;
  }
  return out;
}

}  // namespace camfleet::media
