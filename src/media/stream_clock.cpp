#include "media/stream_clock.h"

#include <algorithm>

#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::media {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kJump{5};
constexpr int kConfirm = 3;         // frames that make a jump a new line
constexpr int kDrift = 2'000;       // the line rises by a part in this many while packets come later than it
constexpr seconds kSaneWall{5};     // how far the camera's time of day may be from ours
constexpr seconds kSaneBetween{2};  // how far two tracks' reports may disagree with their arrival
constexpr seconds kReportAge{120};

nanoseconds size(nanoseconds time) { return time < nanoseconds{0} ? -time : time; }

}  // namespace

void StreamClock::start(const model::StreamInfo& info) {
  lines_ = {};
  for (std::size_t i = 0; i < std::min(kTracks, info.tracks.size()); ++i)
    lines_[i].rate = info.tracks[i].clock_rate == 0 ? 90'000 : info.tracks[i].clock_rate;
}

void StreamClock::packet(const model::Packet& packet) {
  if (packet.track >= kTracks) return;
  auto& line = lines_[packet.track];
  if (packet.rtcp) return rtcp(line, packet);
  // One look a frame: the rest of its packets came later.
  if (line.started && packet.timestamp == line.timestamp) return;
  rtp(line, packet);
}

nanoseconds StreamClock::distance(const Line& line, std::uint32_t from, std::uint32_t to) {
  return nanoseconds{std::int64_t{static_cast<std::int32_t>(to - from)} * 1'000'000'000 / line.rate};
}

void StreamClock::rtp(Line& line, const model::Packet& packet) {
  if (packet.rtp().size() < rtp::kHeaderSize) return;
  const auto ssrc = load32(packet.rtp().data() + 8);
  const auto begin = [&] {
    const auto rate = line.rate;
    line = {};
    line.rate = rate;
    line.started = true;
    line.ssrc = ssrc;
    line.timestamp = packet.timestamp;
    line.at = line.arrival = packet.arrival;
  };
  if (!line.started || ssrc != line.ssrc) return begin();
  const auto expected = line.at + distance(line, line.timestamp, packet.timestamp);
  const auto late = packet.arrival - expected;
  if (size(late) > kJump) {
    if (line.doubts > 0 && packet.timestamp == line.suspect) return;
    const bool agrees =
        line.doubts > 0 && size(distance(line, line.suspect, packet.timestamp)) <= nanoseconds{kJump};
    line.doubts = agrees ? line.doubts + 1 : 1;
    line.suspect = packet.timestamp;
    if (line.doubts >= kConfirm) begin();
    return;
  }
  line.doubts = 0;
  line.timestamp = packet.timestamp;
  line.at =
      expected +
      (late <= nanoseconds{0} ? late : std::min<nanoseconds>(late, (packet.arrival - line.arrival) / kDrift));
  line.arrival = packet.arrival;
}

void StreamClock::rtcp(Line& line, const model::Packet& packet) {
  if (!line.started) return;
  const auto compound = rtp::parse_rtcp(packet.rtp());
  if (!compound) return;
  for (const auto& report : compound->reports) {
    // Its SSRC is not compared: cameras use another one than in RTP.
    const auto* told = std::get_if<rtp::SenderReport>(&report);
    if (told == nullptr || told->ntp == 0) continue;
    if (size(arrival_of(line, told->rtp_timestamp) - packet.arrival) > 2 * kJump) continue;
    const auto since = clock_.steady() - packet.arrival;
    line.reported = true;
    line.report_timestamp = told->rtp_timestamp;
    line.report = rtp::from_ntp(told->ntp).time_since_epoch();
    line.report_arrival = packet.arrival;
    line.ours =
        clock_.wall().time_since_epoch() - since + (arrival_of(line, told->rtp_timestamp) - packet.arrival);
  }
}

const StreamClock::Line* StreamClock::line(std::uint8_t track) const {
  return track < kTracks && lines_[track].started ? &lines_[track] : nullptr;
}

SteadyTime StreamClock::arrival_of(const Line& line, std::uint32_t timestamp) {
  return line.at + distance(line, line.timestamp, timestamp);
}
nanoseconds StreamClock::reported_time(const Line& line, std::uint32_t timestamp) {
  return line.report + distance(line, line.report_timestamp, timestamp);
}

std::optional<std::chrono::microseconds> StreamClock::offset(std::uint8_t track) const {
  const auto* at = line(track);
  if (at == nullptr || !at->reported) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::microseconds>(at->report - at->ours);
}

ClockSource StreamClock::source(std::uint8_t track) const {
  const auto* at = line(track);
  if (at == nullptr) return ClockSource::none;
  const bool fresh = at->reported && at->arrival - at->report_arrival <= kReportAge;
  return fresh && size(at->report - at->ours) <= nanoseconds{kSaneWall} ? ClockSource::reports
                                                                        : ClockSource::arrival;
}

std::optional<WallTime> StreamClock::wall(std::uint8_t track, std::uint32_t timestamp) const {
  const auto* at = line(track);
  if (at == nullptr) return std::nullopt;
  const auto since_1970 =
      source(track) == ClockSource::reports
          ? reported_time(*at, timestamp)
          : clock_.wall().time_since_epoch() - (clock_.steady() - arrival_of(*at, timestamp));
  return WallTime{std::chrono::duration_cast<std::chrono::microseconds>(since_1970)};
}

std::optional<nanoseconds> StreamClock::between(std::uint8_t from, std::uint32_t from_timestamp,
                                                std::uint8_t to, std::uint32_t to_timestamp) const {
  const auto* a = line(from);
  const auto* b = line(to);
  if (a == nullptr || b == nullptr) return std::nullopt;
  const bool fresh = a->reported && b->reported && a->arrival - a->report_arrival <= kReportAge &&
                     b->arrival - b->report_arrival <= kReportAge;
  if (fresh && size((a->report - a->ours) - (b->report - b->ours)) <= nanoseconds{kSaneBetween})
    return reported_time(*b, to_timestamp) - reported_time(*a, from_timestamp);
  return arrival_of(*b, to_timestamp) - arrival_of(*a, from_timestamp);
}

}  // namespace camfleet::media
