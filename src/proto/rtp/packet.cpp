#include "proto/rtp/packet.h"

namespace camfleet::rtp {
namespace {

// Short enough for the string's own room: nothing is allocated for a bad packet.
std::unexpected<Error> invalid(const char* rule) { return fail(Code::rtp_invalid, rule); }

}  // namespace

Result<Packet> parse(ByteView bytes) {
  if (bytes.size() < kHeaderSize) return invalid("short");
  const auto* at = bytes.data();
  if (at[0] >> 6 != 2) return invalid("version");

  Packet packet;
  packet.marker = (at[1] & 0x80) != 0;
  packet.payload_type = at[1] & 0x7F;
  packet.sequence = load16(at + 2);
  packet.timestamp = load32(at + 4);
  packet.ssrc = load32(at + 8);
  packet.csrc_count = at[0] & 0x0F;

  std::size_t offset = kHeaderSize + std::size_t{packet.csrc_count} * 4;
  if (offset > bytes.size()) return invalid("csrc");

  if ((at[0] & 0x10) != 0) {
    if (offset + 4 > bytes.size()) return invalid("extension");
    const std::size_t length = std::size_t{load16(at + offset + 2)} * 4;
    if (length > bytes.size() - offset - 4) return invalid("extension");
    packet.extension = Extension{load16(at + offset), bytes.subspan(offset + 4, length)};
    offset += 4 + length;
  }

  std::size_t padding = 0;
  if ((at[0] & 0x20) != 0) {
    padding = bytes.back();
    if (padding == 0 || padding > bytes.size() - offset) return invalid("padding");
  }
  packet.payload = bytes.subspan(offset, bytes.size() - offset - padding);
  return packet;
}

void write_header(std::uint8_t* at, bool marker, std::uint8_t payload_type, std::uint16_t sequence,
                  std::uint32_t timestamp, std::uint32_t ssrc) {
  at[0] = 0x80;
  at[1] = static_cast<std::uint8_t>((marker ? 0x80 : 0) | (payload_type & 0x7F));
  store16(at + 2, sequence);
  store32(at + 4, timestamp);
  store32(at + 8, ssrc);
}

}  // namespace camfleet::rtp
