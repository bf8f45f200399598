#include "sim/player.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"
#include "proto/rtsp/message.h"

namespace camfleet::sim {
namespace {

constexpr std::uint64_t kReportRounds = 5 * kFramesPerSecond;
constexpr std::uint8_t kPayloadType = 96;
constexpr std::size_t kFraming = 4;
using Head = std::array<std::uint8_t, kFraming + rtp::kHeaderSize>;

// Every frame of every session of a loop is put together in these.
struct Workspace {
  std::vector<Head> heads;
  std::vector<ByteView> parts;
  Bytes report;
};
Workspace& workspace() {
  thread_local Workspace space;
  return space;
}

}  // namespace

bool Outlet::send(std::span<const ByteView> parts) {
  if (dead_) return false;
  std::size_t taken = 0;
  if (rest_.empty()) {
    const auto sent = stream_.try_write(parts);
    if (!sent) {
      dead_ = true;
      return false;
    }
    taken = *sent;
    if (taken > 0) last_taken_ = system_clock().steady();
  }
  for (const ByteView part : parts) {
    const auto skip = std::min(taken, part.size());
    taken -= skip;
    rest_.insert(rest_.end(), part.begin() + static_cast<std::ptrdiff_t>(skip), part.end());
  }
  return true;
}

bool Outlet::flush() {
  if (dead_) return false;
  if (rest_.empty()) return true;
  const ByteView left = ByteView{rest_}.subspan(sent_);
  const auto sent = stream_.try_write(std::span{&left, 1});
  if (!sent) {
    dead_ = true;
    return false;
  }
  if (*sent > 0) last_taken_ = system_clock().steady();
  sent_ += *sent;
  if (sent_ == rest_.size()) {
    Bytes{}.swap(rest_);  // an idle session keeps no buffer
    sent_ = 0;
  }
  return true;
}

void Player::tick(std::uint64_t round, const Clock& clock) {
  if (!started_) {
    started_ = true;
    last_round_ = round;
    report_round_ = round;
  }
  const auto passed = round - last_round_;  // 1, but for the first frame and for a loop that was late
  last_round_ = round;
  timestamp_ += static_cast<std::uint32_t>(passed * kTicksPerFrame);
  if (passed > 1) {
    resync_ = true;
    add(counters_.frames_skipped, passed - 1);
    frame_ = (frame_ + passed - 1) % clip_.frames();
  }
  if (want_key_ && !clip_.frame(frame_).key) frame_ = clip_.key_after(frame_);
  want_key_ = false;

  const auto& frame = clip_.frame(frame_);
  frame_ = (frame_ + 1) % clip_.frames();
  if (!way_.flush()) return;
  if (way_.blocked() || (resync_ && !frame.key)) {
    resync_ = true;
    add(counters_.frames_skipped);
    return;
  }
  resync_ = false;
  send_frame(frame, clock);
}

void Player::send_frame(const Clip::Frame& frame, const Clock& clock) {
  auto& space = workspace();
  space.heads.resize(frame.packets);
  space.parts.clear();
  space.report.clear();
  std::size_t total = 0;
  const auto give = [&](const Head& head, ByteView payload) {
    space.parts.emplace_back(head);
    space.parts.push_back(payload);
    total += head.size() + payload.size();
  };
  std::optional<std::pair<std::size_t, ByteView>> later;
  const auto* packet = clip_.packets(frame);
  for (std::size_t i = 0; i < frame.packets; ++i, ++packet) {
    auto* head = space.heads[i].data();
    rtsp::write_frame_header(head, start_.channel,
                             static_cast<std::uint16_t>(rtp::kHeaderSize + packet->size));
    rtp::write_header(head + kFraming, packet->marker, kPayloadType, sequence_++, timestamp_, start_.ssrc);
    octets_ += packet->size;
    const auto payload = clip_.payload(*packet);
    const auto fate = fate_ != nullptr && *fate_ ? (*fate_)() : Fate::sent;
    if (fate == Fate::later && !later) {
      later.emplace(i, payload);
      continue;
    }
    if (fate != Fate::lost) give(space.heads[i], payload);
    if (fate == Fate::twice) give(space.heads[i], payload);
    if (later) give(space.heads[later->first], later->second);
    later.reset();
  }
  if (later) give(space.heads[later->first], later->second);
  packets_ += frame.packets;
  if (last_round_ >= report_round_) {
    report_round_ = last_round_ + kReportRounds;
    append_report(space.report, clock);
    space.parts.push_back(space.report);
    total += space.report.size();
  }
  if (!way_.send(space.parts)) return;
  add(counters_.frames);
  add(counters_.bytes, total);
}

void Player::append_report(Bytes& out, const Clock& clock) const {
  out.resize(kFraming);
  rtp::write(out, rtp::SenderReport{.ssrc = start_.ssrc,
                                    .ntp = rtp::to_ntp(clock.wall()),
                                    .rtp_timestamp = timestamp_,
                                    .packet_count = packets_,
                                    .octet_count = octets_,
                                    .blocks = {}});
  rtp::write(out, rtp::SourceDescription{.ssrc = start_.ssrc, .cname = "camera"});
  rtsp::write_frame_header(out.data(), static_cast<std::uint8_t>(start_.channel + 1),
                           static_cast<std::uint16_t>(out.size() - kFraming));
}

}  // namespace camfleet::sim
