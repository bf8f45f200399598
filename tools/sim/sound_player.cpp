#include "sim/sound_player.h"

#include <array>
#include <vector>

#include "proto/rtp/packet.h"
#include "proto/rtsp/message.h"
#include "sim/clips.h"
#include "sim/sender_report.h"

namespace camfleet::sim {
namespace {

constexpr std::uint64_t kReportRounds = 5 * kFramesPerSecond;
constexpr std::uint64_t kMostAtOnce = 8;  // packets; a loop that was late leaves the others out
constexpr std::size_t kFraming = 4;
using Head = std::array<std::uint8_t, kFraming + rtp::kHeaderSize>;

}  // namespace

SoundPlayer::SoundPlayer(const Sound& sound, std::uint8_t payload_type, Way& way, Counters& counters,
                         TrackStart start)
    : sound_(sound),
      payload_type_(payload_type),
      way_(way),
      counters_(counters),
      start_(start),
      sequence_(start.sequence) {}

void SoundPlayer::tick(std::uint64_t round, bool muted, const Clock& clock) {
  if (!started_) {
    started_ = true;
    first_round_ = report_round_ = round;
  }
  const auto due =
      (round - first_round_ + 1) * sound_.clock_rate() / kFramesPerSecond / sound_.ticks_per_packet();
  if (muted || way_.blocked() || due > packet_ + kMostAtOnce) {
    packet_ = due;
    return;
  }
  thread_local std::vector<Head> heads;
  thread_local std::vector<ByteView> parts;
  thread_local Bytes report;
  heads.resize(due - packet_);
  parts.clear();
  report.clear();
  std::size_t total = 0;
  for (auto& head : heads) {
    const auto payload = sound_.packet(packet_ % sound_.packets());
    rtsp::write_frame_header(head.data(), start_.channel,
                             static_cast<std::uint16_t>(rtp::kHeaderSize + payload.size()));
    rtp::write_header(head.data() + kFraming, sound_.config().empty() ? packets_ == 0 : true, payload_type_,
                      sequence_++, timestamp(), start_.ssrc);
    parts.emplace_back(head);
    parts.push_back(payload);
    total += head.size() + payload.size();
    octets_ += static_cast<std::uint32_t>(payload.size());
    ++packets_;
    ++packet_;
  }
  if (round >= report_round_ && packets_ > 0) {
    report_round_ = round + kReportRounds;
    // Not of a packet but of this moment, as the pictures' report is.
    const auto now = start_.timestamp + static_cast<std::uint32_t>((round - first_round_) *
                                                                   sound_.clock_rate() / kFramesPerSecond);
    append_sender_report(report, {start_.channel, start_.ssrc, now, packets_, octets_}, clock);
    parts.emplace_back(report);
    total += report.size();
  }
  if (parts.empty() || !way_.send(parts)) return;
  add(counters_.sound_packets, heads.size());
  add(counters_.bytes, total);
}

}  // namespace camfleet::sim
