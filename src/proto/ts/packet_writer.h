#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

// MPEG-2 transport streams (ISO/IEC 13818-1) with one programme of at most one picture and one sound stream.
namespace camfleet::ts {

inline constexpr std::size_t kPacket = 188;
inline constexpr std::uint16_t kProgrammePid = 0x1000;
inline constexpr std::uint16_t kVideoPid = 0x100;
inline constexpr std::uint16_t kAudioPid = 0x101;

// Table 2-34.
enum class StreamType : std::uint8_t { aac_adts = 0x0F, h264 = 0x1B, h265 = 0x24 };

// One picture or some sound with its times in 1/90,000 s, taken modulo 2^33.
struct Unit {
  std::span<const ByteView> parts;  // of the data, one behind another
  std::int64_t shown = 0;
  std::int64_t decoded = 0;
  bool key = false;  // decoding can begin here
};

// Writes packets and counts them: a writer is one stream, and what it writes follows on what it wrote before.
class PacketWriter {
 public:
  // `video`: nothing for sound alone; then the sound carries the clock.
  PacketWriter(std::optional<StreamType> video, bool audio) : video_(video), audio_(audio) {}

  // PAT and PMT: where a reader may begin.
  void tables(Bytes& out);
  // media_bad_data for no data, or for sound that does not fit into a PES packet. Pictures, or sound without
  // pictures, carry the clock: it shows the decoding time less kAhead.
  Result<void> video(Bytes& out, const Unit& unit);
  Result<void> audio(Bytes& out, const Unit& unit);

  // What the data come before their time: sound that is made AAC here comes up to a third of a second behind
  // its picture, and a decoder throws away what comes late.
  static constexpr std::int64_t kAhead = 36'000;
  // Added to all times, so that the clock does not begin below nothing.
  static constexpr std::int64_t kStart = 90'000;

 private:
  void section(Bytes& out, std::uint16_t pid, std::uint8_t& counter, ByteView section);
  void packets(Bytes& out, std::uint16_t pid, std::uint8_t& counter, const Unit& unit, ByteView header,
               bool clock);

  std::optional<StreamType> video_;
  bool audio_;
  std::uint8_t pat_counter_ = 0;
  std::uint8_t pmt_counter_ = 0;
  std::uint8_t video_counter_ = 0;
  std::uint8_t audio_counter_ = 0;
};

// CRC_32 of annex A.
std::uint32_t crc32(ByteView bytes);

}  // namespace camfleet::ts
