#pragma once
#include "media/outputs/muxer.h"

namespace camfleet::media {

// Fragmented MP4: one fragment a picture, as moof and mdat; in front of a key picture a prft says its time of
// day. A file of it cannot change its format.
class Mp4Muxer final : public Muxer {
 public:
  Result<FormInit> begin(const Formats& formats, std::int64_t time) override;
  Result<Bytes> picture(const VideoFrame& frame, const std::optional<WallMoment>& wall) override;
  Result<Bytes> sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) override;

 private:
  std::uint32_t sequence_ = 0;
};

}  // namespace camfleet::media
