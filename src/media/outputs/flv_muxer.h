#pragma once
#include "media/outputs/muxer.h"
#include "proto/flv/tag.h"

namespace camfleet::media {

// FLV: one tag a picture or frame of sound. Where the camera changes its format, new sequence headers stand
// between the tags. Milliseconds of the stream's own time, for all viewers the same: who comes later begins
// with a larger one.
class FlvMuxer final : public Muxer {
 public:
  // `h265`: as which H.265 is written.
  explicit FlvMuxer(flv::VideoForm h265) : h265_(h265) {}
  Result<FormInit> begin(const Formats& formats, std::int64_t time) override;
  Result<Bytes> picture(const VideoFrame& frame, const std::optional<WallMoment>& wall) override;
  Result<Bytes> sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) override;

 private:
  flv::VideoForm h265_;
  flv::VideoForm form_ = flv::VideoForm::avc;
  std::int64_t rate_ = 0;  // of the sound
};

}  // namespace camfleet::media
