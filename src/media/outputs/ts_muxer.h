#pragma once
#include <optional>
#include <vector>

#include "media/outputs/muxer.h"
#include "proto/h26x/nal.h"
#include "proto/ts/packet_writer.h"

namespace camfleet::media {

// MPEG-TS: one PES packet a picture, and one a frame of sound, in ADTS. A key picture has the tables and the
// parameter sets in front of it, so that the stream may begin there and changes its format as it goes;
// without pictures each piece of sound has the tables. Sound that ADTS cannot describe at the beginning is
// left out.
class TsMuxer final : public Muxer {
 public:
  Result<FormInit> begin(const Formats& formats, std::int64_t time) override;
  Result<Bytes> picture(const VideoFrame& frame, const std::optional<WallMoment>& wall) override;
  Result<Bytes> sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) override;

 private:
  std::optional<ts::PacketWriter> writer_;
  bool has_pictures_ = false;
  bool has_sound_ = false;  // the tables say so
  h26x::Codec codec_ = h26x::Codec::h264;
  std::vector<Bytes> sets_;
  Bytes audio_config_;
  std::int64_t rate_ = 0;  // of the sound
};

}  // namespace camfleet::media
