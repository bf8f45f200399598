#include "proto/h26x/h265_depacketizer.h"

namespace camfleet::h26x {

void H265Depacketizer::take(ByteView payload) {
  if (payload.size() < 3) return ignore();
  if (payload[0] == 0 && payload.size() > 5 && payload[1] == 0 && (payload[2] == 1 || payload[2] == 0))
    return nal(payload);
  if ((payload[0] & 0x80) != 0 || (payload[1] & 7) == 0)
    return damage();  // forbidden_zero_bit, TemporalId + 1
  const auto type = nal_type(Codec::h265, payload);
  if (type == h265::kFragment) return fragment(payload);
  if (type == h265::kAggregate) return aggregate(payload.subspan(2));
  if (type > h265::kAggregate) return ignore();
  nal(payload);
}

void H265Depacketizer::aggregate(ByteView rest) {
  while (!rest.empty()) {
    const std::size_t size = rest.size() >= 2 ? load16(rest.data()) : 0;
    if (size < 2 || size > rest.size() - 2) return damage();
    const auto one = rest.subspan(2, size);
    if ((one[0] & 0x80) != 0 || nal_type(Codec::h265, one) >= h265::kAggregate) return damage();
    nal(one);
    rest = rest.subspan(2 + size);
  }
}

void H265Depacketizer::fragment(ByteView payload) {
  const bool start = (payload[2] & 0x80) != 0;
  const bool end = (payload[2] & 0x40) != 0;
  const auto body = payload.subspan(3);
  if (start) {
    const auto type = payload[2] & 0x3F;
    if (type >= h265::kAggregate) return damage();
    const std::uint8_t header[] = {static_cast<std::uint8_t>((payload[0] & 0x81) | type << 1), payload[1]};
    fragment_begin(header, body);
    if (end && in_fragment()) fragment_more({}, true);
    return;
  }
  if (!in_fragment()) return damage();
  fragment_more(body, end);
}

}  // namespace camfleet::h26x
