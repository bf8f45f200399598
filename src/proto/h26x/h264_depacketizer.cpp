#include "proto/h26x/h264_depacketizer.h"

namespace camfleet::h26x {

void H264Depacketizer::take(ByteView payload) {
  if (payload.size() < 2) return ignore();
  // V380 puts a start code in front.
  if (payload[0] == 0 && payload.size() > 4 && payload[1] == 0) return nal(payload);
  if ((payload[0] & 0x80) != 0) return damage();  // forbidden_zero_bit
  const auto type = nal_type(Codec::h264, payload);
  if (type == h264::kFuA) return fragment(payload);
  if (type == h264::kStapA) return aggregate(payload.subspan(1));
  if (type == 0 || type > h264::kStapA) return ignore();
  nal(payload);
}

void H264Depacketizer::aggregate(ByteView rest) {
  while (!rest.empty()) {
    const std::size_t size = rest.size() >= 2 ? load16(rest.data()) : 0;
    if (size == 0 || size > rest.size() - 2) return damage();
    const auto one = rest.subspan(2, size);
    const auto type = nal_type(Codec::h264, one);
    if ((one[0] & 0x80) != 0 || type >= h264::kStapA) return damage();
    if (type != 0) nal(one);
    rest = rest.subspan(2 + size);
  }
}

void H264Depacketizer::fragment(ByteView payload) {
  const bool start = (payload[1] & 0x80) != 0;
  const bool end = (payload[1] & 0x40) != 0;
  const auto body = payload.subspan(2);
  if (start) {
    const auto type = payload[1] & 0x1F;
    if (type == 0 || type >= h264::kStapA) return damage();
    const std::uint8_t header[] = {static_cast<std::uint8_t>((payload[0] & 0xE0) | type)};
    fragment_begin(header, body);
    if (end && in_fragment()) fragment_more({}, true);
    return;
  }
  if (!in_fragment()) return damage();
  fragment_more(body, end);
}

}  // namespace camfleet::h26x
