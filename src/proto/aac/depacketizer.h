#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "proto/aac/config.h"

namespace camfleet::aac {

inline constexpr std::size_t kMaxUnit = 8 * 1024;  // bytes; the size field of AAC-hbr has 13 bits
inline constexpr std::size_t kMaxUnits = 64;       // of one packet

// How long the fields of AU headers are (RFC 3640 section 4.1), in bits.
struct Layout {
  int size = 13;
  int index = 3;
  int index_delta = 3;
  bool operator==(const Layout&) const = default;
};
// Of fmtp's "name=value; ..." in any case of the names. AAC-lbr has 6, 2 and 2; what is missing or cannot be
// is that of AAC-hbr.
Layout layout_of(std::string_view fmtp);

// One RTP packet, in order of sequence.
struct Payload {
  ByteView bytes;
  bool marker = false;
  std::uint32_t timestamp = 0;
  bool loss_before = false;
};

// One frame as MP4 carries it: a raw_data_block without any header.
struct AccessUnit {
  std::uint32_t timestamp = 0;  // of RTP
  Bytes data;
};

struct DepacketizerCounters {
  std::uint64_t units = 0;
  std::uint64_t damaged_packets = 0;  // broke the rules of RFC 3640
};

// RFC 3640 with AU headers, as cameras use it: one frame a packet, several, or one cut over several packets.
// Headers whose length lies, frames of no bytes and frames that run past the packet are dropped, and the
// packet is counted; what stood before them is good. Interleaving is not undone: units come out in the order
// in which they stand. ADTS is taken away, in front of a unit or in place of AU headers. One strand; no
// clock, no log.
class Depacketizer {
 public:
  // `frame_ticks`: the length of a frame in units of the RTP clock.
  Depacketizer(Layout layout, std::uint32_t frame_ticks) : layout_(layout), frame_ticks_(frame_ticks) {}

  // Afterwards pull() until nothing comes; no more than kMaxUnits are kept.
  void push(const Payload& payload);
  std::optional<AccessUnit> pull();
  // What the last ADTS header said; nothing where none came.
  const std::optional<Config>& adts() const { return adts_; }
  const DepacketizerCounters& counters() const { return counters_; }

 private:
  void take_units(ByteView headers, std::size_t header_bits, ByteView data, const Payload& payload);
  void take_adts(const Payload& payload);
  void add(ByteView unit, std::uint32_t timestamp);
  void damage() { ++counters_.damaged_packets; }

  Layout layout_;
  std::uint32_t frame_ticks_;
  Bytes fragment_;  // a frame that is not whole yet
  std::size_t fragment_size_ = 0;
  std::uint32_t fragment_timestamp_ = 0;
  std::optional<Config> adts_;
  std::deque<AccessUnit> ready_;
  DepacketizerCounters counters_;
};

}  // namespace camfleet::aac
