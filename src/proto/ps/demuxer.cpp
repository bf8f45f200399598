#include "proto/ps/demuxer.h"

#include <algorithm>
#include <utility>

namespace camfleet::ps {
namespace {

constexpr std::uint8_t kPack = 0xBA, kMap = 0xBC, kEnd = 0xB9;

// Start codes of a program stream; no NAL unit begins with one of these, for their first bit is always 0.
bool is_stream_id(std::uint8_t byte) { return byte >= kEnd; }
bool is_video(std::uint8_t id) { return id >= 0xE0 && id <= 0xEF; }
bool is_audio(std::uint8_t id) { return id >= 0xC0 && id <= 0xDF; }
// Packets without a PES header of their own (section 2.4.3.7).
bool is_plain(std::uint8_t id) {
  return id == 0xBB || id == kMap || id == 0xBE || id == 0xBF || id == 0xF0 || id == 0xF1 || id == 0xF2 ||
         id == 0xF8 || id == 0xFF;
}

// The offset of the next start code of the stream; where there is none, of what may be the beginning of one
// at the end.
struct Found {
  std::size_t at = 0;
  bool whole = false;
};
Found find_start(ByteView bytes, std::size_t from) {
  for (std::size_t i = from; i < bytes.size(); ++i) {
    if (bytes[i] != 0) continue;
    if (bytes.size() - i < 4) {
      const auto tail = bytes.subspan(i);
      const bool may = (tail.size() < 2 || tail[1] == 0) && (tail.size() < 3 || tail[2] == 1);
      if (may) return {i, false};
      continue;
    }
    if (bytes[i + 1] == 0 && bytes[i + 2] == 1 && is_stream_id(bytes[i + 3])) return {i, true};
  }
  return {bytes.size(), false};
}

std::int64_t time_at(const std::uint8_t* at) {
  return std::int64_t{at[0] & 0x0E} << 29 | std::int64_t{at[1]} << 22 | std::int64_t{at[2] & 0xFE} << 14 |
         std::int64_t{at[3]} << 7 | at[4] >> 1;
}

}  // namespace

void Demuxer::begin(std::optional<MediaHead> head) {
  video_ = head ? head->video : Video::none;
  audio_ = head ? head->audio : Audio::none;
  mapped_ = false;
  buffer_.clear();
  at_ = 0;
  endless_ = false;
  picture_ = {};
  open_ = too_large_ = false;
  ready_.clear();
}

void Demuxer::push(ByteView bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  while (step()) {
  }
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
}

std::optional<Frame> Demuxer::pull() {
  if (ready_.empty()) return std::nullopt;
  auto out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

void Demuxer::flush() {
  if (endless_) {
    append(rest());
    at_ = buffer_.size();
  }
  end_picture();
}

// Takes one element apart; false: more bytes are needed.
bool Demuxer::step() {
  if (endless_) {
    const auto next = find_start(buffer_, at_);
    append(ByteView{buffer_}.subspan(at_, next.at - at_));
    at_ = next.at;
    if (next.whole) endless_ = false;
    return next.whole;
  }
  const auto next = find_start(buffer_, at_);
  counters_.skipped_bytes += next.at - at_;
  at_ = next.at;
  if (!next.whole) return false;
  const auto id = buffer_[at_ + 3];
  if (id == kPack) return pack_header();
  if (id == kEnd) {
    at_ += 4;
    return true;
  }
  return sized_packet(id);
}

bool Demuxer::pack_header() {
  const auto bytes = rest();
  if (bytes.size() < 5) return false;
  // MPEG-1 has a shorter one, and no stuffing.
  const bool second = (bytes[4] & 0xC0) == 0x40;
  const std::size_t fixed = second ? 14 : 12;
  if (bytes.size() < fixed) return false;
  const auto size = fixed + (second ? bytes[13] & 7U : 0U);
  if (bytes.size() < size) return false;
  end_picture();
  at_ += size;
  return true;
}

bool Demuxer::sized_packet(std::uint8_t id) {
  const auto bytes = rest();
  if (bytes.size() < 6) return false;
  const std::size_t length = load16(bytes.data() + 4);
  if (length == 0 && is_video(id)) {
    // Its header ends where it says; then everything is the picture's, to the next start code.
    if (bytes.size() < 9) return false;
    const std::size_t head = 9 + std::size_t{bytes[8]};
    if (bytes.size() < head) return false;
    pes(id, bytes.first(head));
    at_ += head;
    endless_ = open_;
    return true;
  }
  if (bytes.size() < 6 + length) return false;
  const auto packet = bytes.first(6 + length);
  if (id == kMap)
    system_map(packet.subspan(6));
  else if (!is_plain(id))
    pes(id, packet);
  at_ += packet.size();
  return true;
}

// Section 2.5.4.1. The check sum is zero in what Hikvision makes, so nobody looks at it.
void Demuxer::system_map(ByteView body) {
  if (body.size() < 4) return;
  const std::size_t info = load16(body.data() + 2);
  if (body.size() < 4 + info + 2) return;
  const std::size_t streams = load16(body.data() + 4 + info);
  auto map = body.subspan(4 + info + 2);
  map = map.first(std::min(map.size(), streams));
  auto video = Video::none;
  auto audio = Audio::none;
  while (map.size() >= 4) {
    const auto type = map[0];
    const auto id = map[1];
    const std::size_t skip = 4 + std::size_t{load16(map.data() + 2)};
    if (is_video(id) && video == Video::none)
      video = type == 0x1B ? Video::h264 : type == 0x24 ? Video::h265 : Video::other;
    if (is_audio(id) && audio == Audio::none) {
      if (type == 0x0F)
        audio = Audio::aac;
      else if (type == 0x90)  // either law: the head says which, and A is usual
        audio = audio_ == Audio::pcmu ? Audio::pcmu : Audio::pcma;
      else
        audio = type == 0x91 ? Audio::pcmu : Audio::other;
    }
    if (map.size() < skip) break;
    map = map.subspan(skip);
  }
  if (video == Video::none && audio == Audio::none) return;
  video_ = video;
  audio_ = audio;
  mapped_ = true;
}

void Demuxer::pes(std::uint8_t id, ByteView packet) {
  if (!is_video(id) && !is_audio(id)) return;
  if (packet.size() < 9 || (packet[6] & 0xC0) != 0x80 || packet.size() < 9 + std::size_t{packet[8]}) {
    ++counters_.damaged_packets;
    return;
  }
  const std::size_t head = 9 + std::size_t{packet[8]};
  std::optional<std::int64_t> time;
  if ((packet[7] & 0x80) != 0 && packet[8] >= 5) time = time_at(packet.data() + 9);
  const auto payload = packet.subspan(head);
  if (is_audio(id)) {
    if (payload.empty()) return;
    ++counters_.sounds;
    ready_.push_back({.video = false, .time = time, .data = Bytes(payload.begin(), payload.end())});
    return;
  }
  if (open_ && time && picture_.time && *time != *picture_.time) end_picture();
  if (!open_) {
    open_ = true;
    picture_.video = true;
    picture_.time = time;
  }
  append(payload);
}

void Demuxer::append(ByteView bytes) {
  if (too_large_ || !open_) return;
  if (picture_.data.size() + bytes.size() > kMaxPicture) {
    too_large_ = true;
    picture_.data = {};
    return;
  }
  picture_.data.insert(picture_.data.end(), bytes.begin(), bytes.end());
}

void Demuxer::end_picture() {
  if (!open_) return;
  open_ = false;
  if (too_large_) {
    ++counters_.dropped_pictures;
  } else if (!picture_.data.empty()) {
    ++counters_.pictures;
    ready_.push_back(std::move(picture_));
  }
  picture_ = {};
  too_large_ = false;
}

}  // namespace camfleet::ps
