#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "proto/aac/depacketizer.h"
#include "proto/h26x/depacketizer.h"
#include "proto/ps/testing/writer.h"
#include "rtsp_client.h"

namespace camfleet::standin {

// Makes a program stream of the RTP packets of a view, as the real library does, in the pieces of its
// callbacks.
class ProgramStream {
 public:
  explicit ProgramStream(const std::vector<RtspClient::Track>& tracks);

  Bytes head() const;
  // `hand` gets each piece.
  void take(const RtspClient::Packet& packet, const std::function<void(ByteView)>& hand);

 private:
  struct Sound {
    std::size_t track = 0;
    std::uint32_t clock_rate = 8'000;
    std::unique_ptr<aac::Depacketizer> aac;
    Bytes config;
  };
  void picture(const h26x::AccessUnit& unit, const std::function<void(ByteView)>& hand);
  void sound(ByteView frame, std::uint32_t timestamp, const std::function<void(ByteView)>& hand);

  std::size_t video_track_ = SIZE_MAX;
  std::unique_ptr<h26x::Depacketizer> video_;
  std::optional<Sound> sound_;
  ps::Video video_codec_ = ps::Video::none;
  ps::Audio audio_codec_ = ps::Audio::none;
  std::optional<ps::testing::Writer> writer_;
};

}  // namespace camfleet::standin
