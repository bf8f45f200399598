#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "model/stream.h"
#include "proto/fmp4/init_segment.h"
#include "proto/h26x/decode_times.h"
#include "proto/h26x/depacketizer.h"
#include "proto/rtp/sequence.h"
#include "proto/rtp/timeline.h"

namespace camfleet::media {

// One picture as MP4 and its kin carry it.
struct VideoFrame {
  Bytes data;                     // NAL units behind their lengths; no parameter sets, no delimiters
  std::int64_t decoded = 0;       // media time in 1/90,000 s, from 0, increasing
  std::int64_t shown = 0;         // the same axis, never before `decoded`
  std::uint32_t duration = 3600;  // the distance of the two pictures before
  std::uint32_t timestamp = 0;    // of RTP
  bool key = false;
  bool believed = true;  // its place follows from its timestamp
};

// RTP of a video track in, pictures with their times out. A picture comes out with the packet that makes it
// whole, B frames or none. One strand.
class VideoFrames {
 public:
  // media.unsupported_codec where the track is neither H.264 nor H.265.
  static Result<VideoFrames> make(const model::Track& track);

  // Packets in front of the next one are missing.
  void lost() { loss_ = true; }
  // Afterwards pull() until nothing comes.
  void push(ByteView rtp);
  std::optional<VideoFrame> pull();

  // What the parameter sets in force describe; nothing until there are some that can be read. It changes with
  // a key picture alone, and then the version does.
  const std::optional<fmp4::VideoTrack>& format() const { return format_; }
  std::uint32_t format_version() const { return format_version_; }

 private:
  VideoFrames(std::unique_ptr<h26x::Depacketizer> depacketizer, std::uint32_t clock_rate);
  void read_format();
  void reorder(int depth);
  void watch_order(const h26x::AccessUnit& unit);
  VideoFrame place(const h26x::AccessUnit& unit);
  Bytes sample_of(const h26x::AccessUnit& unit) const;

  std::unique_ptr<h26x::Depacketizer> depacketizer_;
  rtp::Reception reception_;
  rtp::Timeline timeline_;
  h26x::DecodeTimes decode_times_;
  std::optional<fmp4::VideoTrack> format_;
  std::uint32_t format_version_ = 0;
  std::uint32_t sets_generation_ = 0;
  bool depth_told_ = false;  // the SPS says how deep pictures are reordered
  bool loss_ = true;
  std::uint32_t newest_timestamp_ = 0;
  std::int64_t lead_ = 0;  // what decoding is ahead of showing, where the stream began
  std::int64_t last_decoded_ = -1;
  std::uint32_t duration_ = 3600;
};

}  // namespace camfleet::media
