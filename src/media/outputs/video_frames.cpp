#include "media/outputs/video_frames.h"

#include <algorithm>

#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/h26x/sps.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

constexpr std::int64_t kMaxDuration = 5 * fmp4::kTimescale;
constexpr std::int64_t kMinDuration = fmp4::kTimescale / 1'000;  // less is a repaired step, not a rate
// What pictures are taken to be reordered by where they are and the SPS does not say.
constexpr int kUntoldDepth = 2;

// A picture's distance from the one before, as the SPS says; 25 a second where it says nothing sensible.
std::uint32_t nominal_duration(double frames_per_second) {
  if (frames_per_second < 1 || frames_per_second > 240) return 3600;
  return static_cast<std::uint32_t>(fmp4::kTimescale / frames_per_second);
}

}  // namespace

Result<VideoFrames> VideoFrames::make(const model::Track& track) {
  std::unique_ptr<h26x::Depacketizer> depacketizer;
  if (track.codec == model::Codec::h264) {
    depacketizer = std::make_unique<h26x::H264Depacketizer>();
  } else if (track.codec == model::Codec::h265) {
    depacketizer = std::make_unique<h26x::H265Depacketizer>();
  } else {
    return fail(Code::media_unsupported_codec, std::string(model::to_text(track.codec)));
  }
  for (const Bytes* set : {&track.vps, &track.sps, &track.pps}) {
    if (!set->empty()) depacketizer->announce(*set);
  }
  return VideoFrames{std::move(depacketizer), track.clock_rate};
}

VideoFrames::VideoFrames(std::unique_ptr<h26x::Depacketizer> depacketizer, std::uint32_t clock_rate)
    : depacketizer_(std::move(depacketizer)), timeline_(clock_rate) {
  read_format();
}

void VideoFrames::push(ByteView bytes) {
  const auto rtp = rtp::parse(bytes);
  if (!rtp) {
    loss_ = true;
    return;
  }
  switch (reception_.received(rtp->ssrc, rtp->sequence, rtp->timestamp, rtp->timestamp)) {
    case rtp::Arrival::in_order:
      break;
    case rtp::Arrival::gap:
      loss_ = true;
      break;
    case rtp::Arrival::restarted:
      loss_ = true;
      timeline_.restart();
      break;
    case rtp::Arrival::late:
    case rtp::Arrival::suspicious:
      return;
  }
  depacketizer_->push({rtp->payload, rtp->marker, rtp->timestamp, std::exchange(loss_, false)});
}

void VideoFrames::reorder(int depth) {
  decode_times_.set_depth(depth);
  timeline_.reorder(depth > 0);
}

// Sets that cannot be read change nothing: what was known before goes on.
void VideoFrames::read_format() {
  const h26x::ParameterSets& sets = depacketizer_->parameter_sets();
  if (format_ && sets.generation() == sets_generation_) return;
  const bool is_h264 = depacketizer_->codec() == h26x::Codec::h264;
  if (!sets.complete(depacketizer_->codec())) return;

  fmp4::VideoTrack video;
  video.codec = is_h264 ? fmp4::Codec::h264 : fmp4::Codec::h265;
  video.vps = sets.vps();
  video.sps = sets.sps();
  video.pps = sets.pps();
  const auto take = [&](const auto& sps) {
    if (!sps) return false;
    video.width = static_cast<std::uint16_t>(sps->width);
    video.height = static_cast<std::uint16_t>(sps->height);
    if (last_decoded_ < 0) duration_ = nominal_duration(sps->frames_per_second);
    depth_told_ = sps->reordered >= 0;
    if (depth_told_) reorder(sps->reordered);
    return true;
  };
  const bool read =
      is_h264 ? take(h26x::parse_h264_sps(video.sps.front())) : take(h26x::parse_h265_sps(video.sps.front()));
  if (!read) return;
  sets_generation_ = sets.generation();
  format_ = std::move(video);
  ++format_version_;
}

// An SPS that does not say whether pictures are reordered: they are not, until a B slice steps back.
void VideoFrames::watch_order(const h26x::AccessUnit& unit) {
  const auto step = static_cast<std::int32_t>(unit.timestamp - newest_timestamp_);
  const bool back = last_decoded_ >= 0 && step < 0;
  if (back && !depth_told_ && decode_times_.depth() == 0 && depacketizer_->codec() == h26x::Codec::h264) {
    for (std::size_t i = 0; i < unit.size(); ++i) {
      if (!h26x::is_h264_b_slice(unit.nal(i))) continue;
      reorder(kUntoldDepth);
      break;
    }
  }
  if (!back) newest_timestamp_ = unit.timestamp;
}

VideoFrame VideoFrames::place(const h26x::AccessUnit& unit) {
  watch_order(unit);
  const auto stamp = timeline_.frame(unit.timestamp);
  if (last_decoded_ < 0) lead_ = std::int64_t{decode_times_.depth()} * duration_;
  VideoFrame out;
  out.timestamp = unit.timestamp;
  out.key = unit.key;
  out.believed = !stamp.repaired;
  out.shown = stamp.time + lead_;
  out.decoded = std::max(decode_times_.next(out.shown, duration_), last_decoded_ + 1);
  out.shown = std::max(out.shown, out.decoded);
  if (last_decoded_ >= 0 && out.decoded - last_decoded_ >= kMinDuration)
    duration_ = static_cast<std::uint32_t>(std::min(out.decoded - last_decoded_, kMaxDuration));
  last_decoded_ = out.decoded;
  out.duration = duration_;
  return out;
}

std::optional<VideoFrame> VideoFrames::pull() {
  while (auto unit = depacketizer_->pull()) {
    if (unit->key) read_format();
    if (!format_) continue;
    auto frame = place(*unit);
    frame.data = sample_of(*unit);
    if (!frame.data.empty()) return frame;
  }
  return std::nullopt;
}

// Parameter sets stand in the init segment, and delimiters are not wanted in avc1 and hvc1.
Bytes VideoFrames::sample_of(const h26x::AccessUnit& unit) const {
  const h26x::Codec codec = depacketizer_->codec();
  Bytes out;
  out.reserve(unit.data.size());
  for (std::size_t i = 0; i < unit.size(); ++i) {
    const ByteView nal = unit.nal(i);
    const int type = h26x::nal_type(codec, nal);
    const bool delimiter = codec == h26x::Codec::h264
                               ? type == h26x::h264::kDelimiter || type == h26x::h264::kFiller
                               : type == h26x::h265::kDelimiter;
    if (delimiter || h26x::is_parameter_set(codec, type)) continue;
    std::uint8_t length[4];
    store32(length, static_cast<std::uint32_t>(nal.size()));
    out.insert(out.end(), length, length + 4);
    out.insert(out.end(), nal.begin(), nal.end());
  }
  return out;
}

}  // namespace camfleet::media
