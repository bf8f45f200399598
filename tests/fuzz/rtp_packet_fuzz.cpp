// Any bytes: views stay inside them, and the parts of a packet add up to it.
#include "fuzz.h"
#include "proto/rtp/packet.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  const auto packet = rtp::parse(bytes);
  if (!packet) return 0;
  require(fuzz::is_inside(packet->payload, bytes));
  auto known = rtp::kHeaderSize + packet->csrc_count * 4U + packet->payload.size();
  if (packet->extension) {
    require(fuzz::is_inside(packet->extension->data, bytes) && packet->extension->data.size() % 4 == 0);
    known += 4 + packet->extension->data.size();
  }
  require(known <= size && size - known <= 255);

  std::uint8_t header[rtp::kHeaderSize];
  rtp::write_header(header, packet->marker, packet->payload_type, packet->sequence, packet->timestamp,
                    packet->ssrc);
  const auto again = rtp::parse(header);
  require(again && again->marker == packet->marker && again->payload_type == packet->payload_type &&
          again->sequence == packet->sequence && again->timestamp == packet->timestamp &&
          again->ssrc == packet->ssrc);
  return 0;
}
