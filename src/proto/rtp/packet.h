#pragma once
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::rtp {

inline constexpr std::size_t kHeaderSize = 12;

// A header extension (RFC 3550 section 5.3.1).
struct Extension {
  std::uint16_t profile = 0;
  ByteView data;
};

// A checked view on an RTP packet: lives as long as the bytes it was made of.
struct Packet {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint8_t csrc_count = 0;
  std::optional<Extension> extension;
  ByteView payload;  // without padding; may be empty
};

// Code::rtp_invalid with the broken rule ("version", "csrc", ...) as its place; neither way allocates.
Result<Packet> parse(ByteView bytes);

// Whether a packet on one port or channel is RTCP: by its type (RFC 5761 section 4).
inline bool is_rtcp(ByteView bytes) { return bytes.size() >= 2 && bytes[1] >= 192 && bytes[1] <= 223; }

// A header without extension and sources at `at`, which has room for kHeaderSize bytes.
void write_header(std::uint8_t* at, bool marker, std::uint8_t payload_type, std::uint16_t sequence,
                  std::uint32_t timestamp, std::uint32_t ssrc);

}  // namespace camfleet::rtp
