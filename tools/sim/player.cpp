#include "sim/player.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "proto/rtp/packet.h"
#include "proto/rtsp/message.h"
#include "sim/encryption.h"
#include "sim/sender_report.h"

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
  std::deque<Bytes> scrambled;
};
Workspace& workspace() {
  thread_local Workspace space;
  return space;
}

}  // namespace

bool Outlet::send(std::span<const ByteView> parts) {
  if (dead_) return false;
  std::size_t taken = 0;
  if (rest_.empty() && !slow()) {
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
  const auto now = left.first(std::min(left.size(), allowed()));
  if (now.empty()) return true;
  const auto sent = stream_.try_write(std::span{&now, 1});
  if (!sent) {
    dead_ = true;
    return false;
  }
  if (*sent > 0) last_taken_ = system_clock().steady();
  sent_ += *sent;
  if (slow()) allowance_ -= static_cast<double>(*sent);
  if (sent_ == rest_.size()) {
    Bytes{}.swap(rest_);  // an idle session keeps no buffer
    sent_ = 0;
  }
  return true;
}

std::size_t Outlet::allowed() {
  if (!slow()) return SIZE_MAX;
  faults_->count(Fault::slow);
  const auto rate = faults_->amount(Fault::slow);
  const auto now = system_clock().steady();
  const auto passed = std::chrono::duration<double>(now - std::exchange(allowed_at_, now)).count();
  allowance_ = std::min(std::max(rate, 1.0), allowance_ + rate * std::min(passed, 1.0));
  return static_cast<std::size_t>(std::max(allowance_, 0.0));
}

void Player::watch(Scene scene) {
  scene_ = std::move(scene);
  const auto view = scene_();
  if (view == view_) return;
  view_ = view;
  frame_ = view.first;
}

void Player::add_sound(const Sound& sound, std::uint8_t payload_type, Way& way, Start start, bool alone) {
  sound_.emplace(sound, payload_type, way, counters_, start);
  pictures_ = !alone;
}

bool Player::muted() {
  return faults_ != nullptr && faults_->any() &&
         (faults_->on(Fault::silence) || faults_->bites(Fault::stops_rtp));
}

std::size_t Player::key_from(std::size_t frame) const {
  const auto end = view_.first + view_.frames;
  while (frame < end && !view_.clip->frame(frame).key) ++frame;
  return frame < end ? frame : view_.first;
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
  if (pictures_) show(passed, clock);
  if (!sound_) return;
  if (!pictures_ && !way_.flush()) return;
  sound_->tick(round, muted(), clock);
}

void Player::show(std::uint64_t passed, const Clock& clock) {
  const auto step = [this](std::uint64_t frames) {
    frame_ = view_.first + static_cast<std::size_t>((frame_ - view_.first + frames) % view_.frames);
  };
  if (passed > 1) {
    resync_ = true;
    add(counters_.frames_skipped, passed - 1);
    step(passed - 1);
  }
  if (scene_) {
    if (const auto view = scene_(); view != view_) {
      view_ = view;
      frame_ = view.first;
      if (faults_ != nullptr && faults_->on(Fault::codec_change)) faults_->count(Fault::codec_change);
    }
  }
  if (want_key_) frame_ = key_from(frame_);
  want_key_ = false;

  const auto& frame = view_.clip->frame(frame_);
  step(1);
  if (faults_ != nullptr && faults_->on(Fault::silence)) {
    resync_ = true;
    return;
  }
  if (!way_.flush()) return;
  const bool keyless = faults_ != nullptr && faults_->on(Fault::no_key_frames);
  if (muted() || way_.blocked() || (resync_ && !frame.key && !keyless)) {
    resync_ = true;
    add(counters_.frames_skipped);
    return;
  }
  if (keyless && frame.key) {
    faults_->count(Fault::no_key_frames);
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
  const auto scrambled = [&](ByteView payload) {
    const auto whole =
        static_cast<Encrypted>(static_cast<int>(faults_->amount(Fault::encrypted))) == Encrypted::all;
    return encrypt(view_.clip->codec(), payload, whole, space.scrambled);
  };
  const bool encrypted = faults_ != nullptr && faults_->bites(Fault::encrypted);
  space.scrambled.clear();
  std::optional<std::pair<std::size_t, ByteView>> later;
  const auto* packet = view_.clip->packets(frame);
  for (std::size_t i = 0; i < frame.packets; ++i, ++packet) {
    auto* head = space.heads[i].data();
    rtsp::write_frame_header(head, start_.channel,
                             static_cast<std::uint16_t>(rtp::kHeaderSize + packet->size));
    rtp::write_header(head + kFraming, packet->marker, kPayloadType, sequence_++, timestamp_, start_.ssrc);
    octets_ += packet->size;
    auto payload = view_.clip->payload(*packet);
    if (encrypted) payload = scrambled(payload);
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
    append_sender_report(space.report, {start_.channel, start_.ssrc, timestamp_, packets_, octets_}, clock);
    space.parts.push_back(space.report);
    total += space.report.size();
  }
  if (!way_.send(space.parts)) return;
  add(counters_.frames);
  add(counters_.bytes, total);
}

}  // namespace camfleet::sim
