#include "proto/h26x/nal.h"

#include "proto/h26x/annexb.h"

namespace camfleet::h26x {
namespace {

constexpr int type264(std::uint8_t byte) { return byte & 0x1F; }
constexpr int type265(std::uint8_t byte) { return byte >> 1 & 0x3F; }

// Adds what a NAL unit of `type` means, of which `slice` are the bytes behind its header; `begins`: its first
// bytes are here.
void note(PacketClass& found, Codec codec, int type, ByteView slice, bool begins) {
  if (is_parameter_set(codec, type)) found.parameter_set = found.parameter_set || begins;
  if (!is_vcl(codec, type)) return;
  found.vcl = true;
  const bool key = is_key(codec, type);
  found.key = found.key || key;
  // Both codecs put it into the first bit: first_mb_in_slice is ue(v) and its 0 is the single bit 1.
  if (begins && !slice.empty() && (slice[0] & 0x80) != 0) {
    found.picture_start = true;
    found.key_start = found.key_start || key;
  }
}

PacketClass classify_aggregate(Codec codec, ByteView rest) {
  const std::size_t header = codec == Codec::h264 ? 1 : 2;
  PacketClass found;
  while (rest.size() >= 2) {
    const std::size_t size = load16(rest.data());
    if (size < header || size > rest.size() - 2) return {};
    const auto nal = rest.subspan(2, size);
    note(found, codec, nal_type(codec, nal), nal.subspan(header), true);
    rest = rest.subspan(2 + size);
  }
  return rest.empty() ? found : PacketClass{};
}

}  // namespace

int nal_type(Codec codec, ByteView nal) {
  if (nal.size() < (codec == Codec::h264 ? 1U : 2U)) return -1;
  return codec == Codec::h264 ? type264(nal[0]) : type265(nal[0]);
}

bool is_vcl(Codec codec, int type) {
  return codec == Codec::h264 ? type >= h264::kSlice && type <= h264::kIdr
                              : type >= 0 && type <= h265::kLastVcl;
}

bool is_key(Codec codec, int type) {
  return codec == Codec::h264 ? type == h264::kIdr : type >= h265::kBlaWLp && type <= h265::kLastIrap;
}

bool is_parameter_set(Codec codec, int type) {
  return codec == Codec::h264 ? type == h264::kSps || type == h264::kPps
                              : type >= h265::kVps && type <= h265::kPps;
}

bool is_first_slice(Codec codec, ByteView nal) {
  const std::size_t header = codec == Codec::h264 ? 1 : 2;
  return nal.size() > header && (nal[header] & 0x80) != 0;
}

PacketClass classify(Codec codec, ByteView rtp_payload) {
  const auto payload = behind_start_code(rtp_payload);
  const auto type = nal_type(codec, payload);
  if (type < 0 || (payload[0] & 0x80) != 0) return {};
  PacketClass found;
  if (codec == Codec::h264) {
    if (type == h264::kStapA) return classify_aggregate(codec, payload.subspan(1));
    if (type == h264::kFuA) {
      if (payload.size() < 2) return {};
      note(found, codec, type264(payload[1]), payload.subspan(2), (payload[1] & 0x80) != 0);
      return found;
    }
    note(found, codec, type, payload.subspan(1), true);
    return found;
  }
  if (type == h265::kAggregate) return classify_aggregate(codec, payload.subspan(2));
  if (type == h265::kFragment) {
    if (payload.size() < 3) return {};
    note(found, codec, payload[2] & 0x3F, payload.subspan(3), (payload[2] & 0x80) != 0);
    return found;
  }
  note(found, codec, type, payload.subspan(2), true);
  return found;
}

}  // namespace camfleet::h26x
