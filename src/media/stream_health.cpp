#include "media/stream_health.h"

#include <chrono>

#include "base/bytes.h"

namespace camfleet::media {
namespace {

constexpr std::chrono::milliseconds kLeastLook{500};

}  // namespace

void StreamHealth::start(const model::StreamInfo& info, std::uint8_t lead, SteadyTime now) {
  *this = StreamHealth{};
  lead_ = lead;
  if (lead < info.tracks.size() && info.tracks[lead].clock_rate > 0) rate_ = info.tracks[lead].clock_rate;
  looked_ = now;
}

void StreamHealth::packet(const model::Packet& packet) {
  bytes_ += packet.size;
  if (packet.rtcp || packet.track >= lines_.size() || packet.size < 16) return;
  ++packets_;
  Line& line = lines_[packet.track];
  const auto sequence = load16(packet.rtp().data() + 2);
  const auto ssrc = load32(packet.rtp().data() + 8);
  const auto ahead = static_cast<std::uint16_t>(sequence - line.sequence);
  const auto behind = static_cast<std::uint16_t>(line.sequence - sequence);
  if (line.known && ssrc == line.ssrc) {
    if (behind < kJump)
      return;  // late or twice: late ones were counted as lost, and are so for whoever plays
    if (ahead < kJump) lost_ += ahead - 1U;
  }
  line.known = true;
  line.ssrc = ssrc;
  line.sequence = sequence;
  if (packet.track != lead_) return;
  // Parameter sets and slice of one picture may both be marked.
  if (packet.key_start && !(has_key_ && packet.timestamp == key_timestamp_)) {
    if (has_key_) gop_frames_ = frames_ - frames_at_key_;
    frames_at_key_ = frames_;
    has_key_ = true;
    key_timestamp_ = packet.timestamp;
  }
  if (!has_frame_ || packet.timestamp != timestamp_) frame(packet);
}

void StreamHealth::frame(const model::Packet& packet) {
  ++frames_;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::microseconds>(packet.arrival.time_since_epoch()).count();
  const auto arrival = static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds) * rate_ / 1'000'000);
  const auto transit = arrival - packet.timestamp;
  if (has_frame_) {
    const auto change = static_cast<std::int32_t>(transit - transit_);
    const auto distance = static_cast<std::uint32_t>(change < 0 ? -change : change);
    // More than a minute is another clock and no delay.
    if (distance < rate_ * 60) jitter_ += distance - ((jitter_ + 8) >> 4);
  }
  transit_ = transit;
  timestamp_ = packet.timestamp;
  has_frame_ = true;
}

StreamHealth::Figures StreamHealth::look(SteadyTime now) {
  figures_.packets = packets_;
  figures_.lost = lost_;
  figures_.frames = frames_;
  figures_.gop_frames = gop_frames_;
  figures_.jitter_us = static_cast<std::uint32_t>(std::uint64_t{jitter_ >> 4} * 1'000'000 / rate_);
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - looked_);
  if (passed < kLeastLook) return figures_;
  const auto ms = static_cast<std::uint64_t>(passed.count());
  figures_.bits_per_second = static_cast<std::uint32_t>((bytes_ - bytes_then_) * 8'000 / ms);
  figures_.millifps = static_cast<std::uint32_t>(std::uint64_t{frames_ - frames_then_} * 1'000'000 / ms);
  looked_ = now;
  bytes_then_ = bytes_;
  frames_then_ = frames_;
  return figures_;
}

}  // namespace camfleet::media
