#include "proto/ts/packet_writer.h"

#include <algorithm>
#include <array>

namespace camfleet::ts {
namespace {

constexpr std::uint16_t kPatPid = 0;
constexpr std::uint16_t kProgramme = 1;
constexpr std::uint8_t kVideoStream = 0xE0, kAudioStream = 0xC0;
constexpr std::size_t kHead = 4;        // of a packet
constexpr std::size_t kClockField = 8;  // adaptation field with a PCR
constexpr std::uint16_t kNobody = 0x1FFF;

void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xFFFF);
}

// 2.4.4.1: what PAT and PMT have in common; the length and the sum are set at the end.
Bytes begin_section(std::uint8_t table, std::uint16_t id) {
  Bytes out{table, 0xB0, 0};
  put16(out, id);
  out.push_back(0xC1);  // version 0, in force
  put16(out, 0);        // one section
  return out;
}
void end_section(Bytes& out) {
  const auto length = static_cast<std::uint16_t>(out.size() - 3 + 4);
  out[1] = static_cast<std::uint8_t>(out[1] | length >> 8);
  out[2] = static_cast<std::uint8_t>(length);
  put32(out, crc32(out));
}

// 2.4.3.6: 33 bits behind a mark of four.
void put_time(Bytes& out, unsigned mark, std::int64_t time) {
  const auto value = static_cast<std::uint64_t>(time) & 0x1FFFFFFFF;
  out.push_back(static_cast<std::uint8_t>(mark << 4 | (value >> 30 & 7) << 1 | 1));
  put16(out, static_cast<unsigned>((value >> 15 & 0x7FFF) << 1 | 1));
  put16(out, static_cast<unsigned>((value & 0x7FFF) << 1 | 1));
}

Bytes pes_header(std::uint8_t stream, std::size_t length, std::int64_t shown, std::int64_t decoded) {
  const bool two = shown != decoded;
  Bytes out{0, 0, 1, stream};
  put16(out, static_cast<unsigned>(length));
  out.push_back(0x84);  // data begin at an access unit
  out.push_back(two ? 0xC0 : 0x80);
  out.push_back(two ? 10 : 5);
  put_time(out, two ? 3 : 2, shown);
  if (two) put_time(out, 1, decoded);
  return out;
}

std::size_t total(std::span<const ByteView> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  return size;
}

// Bytes of a header and then of several parts, as if they were one.
class Gather {
 public:
  Gather(ByteView header, std::span<const ByteView> parts) : now_(header), parts_(parts) {}
  void take(Bytes& out, std::size_t count) {
    while (count > 0) {
      while (now_.empty()) {
        now_ = parts_.front();
        parts_ = parts_.subspan(1);
      }
      const auto some = std::min(count, now_.size());
      out.insert(out.end(), now_.begin(), now_.begin() + static_cast<std::ptrdiff_t>(some));
      now_ = now_.subspan(some);
      count -= some;
    }
  }

 private:
  ByteView now_;
  std::span<const ByteView> parts_;
};

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i << 24;
    for (int bit = 0; bit < 8; ++bit) value = value << 1 ^ ((value >> 31) != 0 ? 0x04C11DB7U : 0U);
    table[i] = value;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t value = 0xFFFFFFFF;
  for (const auto byte : bytes) value = value << 8 ^ kCrcTable[value >> 24 ^ byte];
  return value;
}

void PacketWriter::tables(Bytes& out) {
  Bytes pat = begin_section(0, 1);
  put16(pat, kProgramme);
  put16(pat, 0xE000 | kProgrammePid);
  end_section(pat);
  section(out, kPatPid, pat_counter_, pat);

  Bytes pmt = begin_section(2, kProgramme);
  put16(pmt, 0xE000 | (video_ ? kVideoPid : audio_ ? kAudioPid : kNobody));  // who has the clock
  put16(pmt, 0xF000);
  const auto stream = [&](StreamType type, std::uint16_t pid) {
    pmt.push_back(static_cast<std::uint8_t>(type));
    put16(pmt, 0xE000 | pid);
    put16(pmt, 0xF000);
  };
  if (video_) stream(*video_, kVideoPid);
  if (audio_) stream(StreamType::aac_adts, kAudioPid);
  end_section(pmt);
  section(out, kProgrammePid, pmt_counter_, pmt);
}

// A section that fits into one packet; what is left over is filled up.
void PacketWriter::section(Bytes& out, std::uint16_t pid, std::uint8_t& counter, ByteView section) {
  const auto end = out.size() + kPacket;
  out.push_back(0x47);
  put16(out, 0x4000 | pid);
  out.push_back(0x10 | (counter++ & 0x0F));
  out.push_back(0);  // it begins at once
  out.insert(out.end(), section.begin(), section.end());
  out.resize(end, 0xFF);
}

Result<void> PacketWriter::video(Bytes& out, const Unit& unit) {
  if (total(unit.parts) == 0) return fail(Code::media_bad_data, "TS: no picture");
  // Of pictures the length may be left open, and larger ones could not be told.
  const auto header = pes_header(kVideoStream, 0, unit.shown + kStart, unit.decoded + kStart);
  packets(out, kVideoPid, video_counter_, unit, header, true);
  return {};
}

Result<void> PacketWriter::audio(Bytes& out, const Unit& unit) {
  constexpr std::size_t kFields = 8;  // behind the length
  const auto size = total(unit.parts);
  if (size == 0 || size + kFields > 0xFFFF) return fail(Code::media_bad_data, "TS: size of sound");
  const auto header = pes_header(kAudioStream, size + kFields, unit.shown + kStart, unit.shown + kStart);
  packets(out, kAudioPid, audio_counter_, unit, header, !video_);
  return {};
}

void PacketWriter::packets(Bytes& out, std::uint16_t pid, std::uint8_t& counter, const Unit& unit,
                           ByteView header, bool clock) {
  std::size_t left = header.size() + total(unit.parts);
  Gather data{header, unit.parts};
  out.reserve(out.size() + (left / (kPacket - kHead) + 2) * kPacket);
  for (bool first = true; left > 0; first = false) {
    const bool marked = first && (clock || unit.key);
    std::size_t field = marked ? clock ? kClockField : 2 : 0;  // of the adaptation field, its length included
    const auto room = kPacket - kHead - field;
    if (left < room) field += room - left;
    const auto count = kPacket - kHead - field;
    out.push_back(0x47);
    put16(out, (first ? 0x4000U : 0U) | pid);
    out.push_back(static_cast<std::uint8_t>((field > 0 ? 0x30 : 0x10) | (counter++ & 0x0F)));
    if (field > 0) {
      const auto end = out.size() + field;
      out.push_back(static_cast<std::uint8_t>(field - 1));
      // One byte of stuffing is a field of no length.
      if (field > 1)
        out.push_back(static_cast<std::uint8_t>(marked ? (unit.key ? 0x40 : 0) | (clock ? 0x10 : 0) : 0));
      if (marked && clock) {
        // 2.4.3.5: 33 bits of 90 kHz; the 27 MHz below them are none.
        const auto time = static_cast<std::uint64_t>(unit.decoded + kStart - kAhead) & 0x1FFFFFFFF;
        put32(out, static_cast<std::uint32_t>(time >> 1));
        put16(out, static_cast<unsigned>((time & 1) << 15 | 0x7E00));
      }
      out.resize(end, 0xFF);
    }
    data.take(out, count);
    left -= count;
  }
}

}  // namespace camfleet::ts
