#include "media/seam.h"

#include <algorithm>
#include <chrono>

#include "base/bytes.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kRtpHeader = 12;
constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kGoodbye = 203;
// Behind a seam a picture is never shown at the time of the one before.
constexpr std::uint32_t kLeastStep = 50;  // a rate's part

}  // namespace

void Seam::start(const model::StreamInfo& info) {
  lines_ = {};
  for (std::size_t i = 0; i < info.tracks.size() && i < lines_.size(); ++i)
    if (info.tracks[i].clock_rate > 0) lines_[i].rate = info.tracks[i].clock_rate;
}

void Seam::cut() {
  for (Line& line : lines_) line.cut = line.known;
}

void Seam::join(Line& line, std::uint16_t sequence, std::uint32_t ssrc, const model::Packet& packet) {
  const std::chrono::duration<double> passed = packet.arrival - line.arrival;
  const auto ticks = static_cast<std::uint64_t>(std::max(0.0, passed.count()) * line.rate);
  const auto step = static_cast<std::uint32_t>(std::max<std::uint64_t>(ticks, line.rate / kLeastStep));
  line.shift_sequence = static_cast<std::uint16_t>(line.sequence + 1 - sequence);
  line.shift_timestamp = line.timestamp + step - packet.timestamp;
  line.theirs = ssrc;
  line.shifted = true;
  line.cut = false;
  ++seams_;
}

bool Seam::packet(model::Packet& packet) {
  if (packet.track >= lines_.size()) return true;
  Line& line = lines_[packet.track];
  std::uint8_t* at = packet.slab.get()->data() + packet.offset + 4;
  const std::size_t size = packet.size - 4;
  if (packet.rtcp) return report(line, at, size);
  if (size < kRtpHeader) return true;
  const auto sequence = load16(at + 2);
  const auto ssrc = load32(at + 8);
  if (!line.known) {
    line.known = true;
    line.ssrc = line.theirs = ssrc;
  } else if (line.cut || ssrc != line.theirs) {
    join(line, sequence, ssrc, packet);
  }
  if (line.shifted) {
    packet.timestamp += line.shift_timestamp;
    store16(at + 2, static_cast<std::uint16_t>(sequence + line.shift_sequence));
    store32(at + 4, packet.timestamp);
    store32(at + 8, line.ssrc);
  }
  line.sequence = static_cast<std::uint16_t>(sequence + line.shift_sequence);
  line.timestamp = packet.timestamp;
  line.arrival = packet.arrival;
  return true;
}

// A compound packet is passed on whole or not at all.
bool Seam::report(const Line& line, std::uint8_t* at, std::size_t size) {
  if (line.cut) return false;  // what it would have to say is not known before a packet came
  for (std::size_t left = size; left >= 8;) {
    const std::size_t length = 4 + 4 * std::size_t{load16(at + 2)};
    if (length > left) return true;
    if (at[1] == kGoodbye) return false;
    if (line.shifted && load32(at + 4) == line.theirs) {
      store32(at + 4, line.ssrc);
      if (at[1] == kSenderReport && length >= 28) store32(at + 16, load32(at + 16) + line.shift_timestamp);
    }
    at += length;
    left -= length;
  }
  return true;
}

}  // namespace camfleet::media
