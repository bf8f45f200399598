#include "proto/ps/testing/writer.h"

#include <cstring>

namespace camfleet::ps::testing {
namespace {

void put(Bytes& out, std::initializer_list<int> bytes) {
  for (const int byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
}
void put16(Bytes& out, std::size_t value) {
  put(out, {static_cast<int>(value >> 8 & 0xFF), static_cast<int>(value & 0xFF)});
}

// 33 bits in five bytes, behind a mark of four bits (ISO/IEC 13818-1 section 2.4.3.6).
void put_time(Bytes& out, int mark, std::int64_t time) {
  put(out, {static_cast<int>(mark << 4 | (time >> 29 & 0x0E) | 1), static_cast<int>(time >> 22 & 0xFF),
            static_cast<int>((time >> 14 & 0xFE) | 1), static_cast<int>(time >> 7 & 0xFF),
            static_cast<int>((time << 1 & 0xFE) | 1)});
}

int stream_type(Video video) { return video == Video::h265 ? 0x24 : 0x1B; }
int stream_type(Audio audio) { return audio == Audio::aac ? 0x0F : audio == Audio::pcmu ? 0x91 : 0x90; }

}  // namespace

Bytes media_head(std::uint16_t system, Video video, Audio audio, std::uint32_t sample_rate) {
  Bytes out(kMediaHead, 0);
  std::memcpy(out.data(), "IMKH", 4);
  const auto little = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
      out[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> 8 * i);
  };
  little(4, 0x0102, 2);
  little(8, system, 2);
  little(10, video == Video::h265 ? 0x0005 : video == Video::h264 ? 0x0100 : 0, 2);
  little(12,
         audio == Audio::aac    ? 0x2001
         : audio == Audio::pcmu ? 0x7110
         : audio == Audio::pcma ? 0x7111
                                : 0,
         2);
  out[14] = audio == Audio::none ? 0 : 1;
  out[15] = 16;
  little(16, audio == Audio::none ? 0 : sample_rate, 4);
  return out;
}

Bytes Writer::pack(std::int64_t pts, bool key) const {
  Bytes out;
  put(out, {0, 0, 1, 0xBA});
  const auto scr = pts & 0x1FFFFFFFF;
  put(out, {static_cast<int>(0x44 | (scr >> 27 & 0x38) | (scr >> 28 & 3)), static_cast<int>(scr >> 20 & 0xFF),
            static_cast<int>((scr >> 12 & 0xF8) | 4 | (scr >> 13 & 3)), static_cast<int>(scr >> 5 & 0xFF),
            static_cast<int>((scr << 3 & 0xF8) | 4), 1});
  put(out, {0x00, 0x5F, 0x6B, 0xFE, 0xFF, 0xFF, 0, 0, 0, 1});  // rate, and six bytes of stuffing
  if (!key) return out;
  Bytes map;
  put(map, {0xE0, 0xFF});
  put(map, {0, 10, 0x40, 8, 'H', 'K', 1, 0, 0, 0, 0, 0});
  Bytes streams;
  if (video_ != Video::none) put(streams, {stream_type(video_), 0xE0, 0, 6, 0x42, 4, 7, 0x80, 4, 0x38});
  if (audio_ != Audio::none) put(streams, {stream_type(audio_), 0xC0, 0, 4, 0x43, 2, 0x10, 0});
  put(streams, {0xBD, 0xBD, 0, 0});
  put16(map, streams.size());
  map.insert(map.end(), streams.begin(), streams.end());
  put(map, {0, 0, 0, 0});  // the check sum is none
  put(out, {0, 0, 1, 0xBC});
  put16(out, map.size());
  out.insert(out.end(), map.begin(), map.end());
  return out;
}

Bytes Writer::private_data(std::size_t size) const {
  Bytes out;
  put(out, {0, 0, 1, 0xBD});
  put16(out, size);
  out.resize(out.size() + size, 0x5A);
  return out;
}

Bytes Writer::pes(std::uint8_t id, ByteView payload, std::int64_t pts, bool with_time) {
  Bytes out;
  put(out, {0, 0, 1, id});
  const std::size_t header = with_time ? 8 : 3;
  put16(out, 3 + header + payload.size());
  put(out, {0x88, with_time ? 0x80 : 0x00, static_cast<int>(header)});
  if (with_time) put_time(out, 2, pts);
  put(out, {0xFF, 0xFF, 0xFF});
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

}  // namespace camfleet::ps::testing
