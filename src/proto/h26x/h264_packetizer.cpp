#include "proto/h26x/h264_packetizer.h"

#include <algorithm>

#include "proto/h26x/nal.h"

namespace camfleet::h26x {
namespace {

constexpr std::size_t kSmallest = 16;

// Cuts `body` into pieces behind `prefix`, whose last byte is the FU header: start and end bits go into it.
void fragment(Piece prefix, ByteView body, bool last, std::size_t max_payload, std::vector<Piece>& out) {
  const auto room = max_payload - prefix.prefix_size;
  auto& fu = prefix.prefix[prefix.prefix_size - 1U];
  const auto type = fu;
  for (bool start = true; !body.empty(); start = false) {
    prefix.body = body.first(std::min(room, body.size()));
    body = body.subspan(prefix.body.size());
    fu = static_cast<std::uint8_t>(type | (start ? 0x80 : 0) | (body.empty() ? 0x40 : 0));
    prefix.marker = last && body.empty();
    out.push_back(prefix);
  }
}

}  // namespace

Bytes Piece::joined() const {
  Bytes out(prefix.begin(), prefix.begin() + prefix_size);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

void packetize_h264(ByteView nal, bool last, std::size_t max_payload, std::vector<Piece>& out) {
  max_payload = std::max(max_payload, kSmallest);
  if (nal.empty()) return;
  if (nal.size() <= max_payload) {
    out.push_back({{}, 0, last, nal});
    return;
  }
  Piece piece;
  piece.prefix = {static_cast<std::uint8_t>((nal[0] & 0xE0) | h264::kFuA),
                  static_cast<std::uint8_t>(nal[0] & 0x1F)};
  piece.prefix_size = 2;
  fragment(piece, nal.subspan(1), last, max_payload, out);
}

void packetize_h265(ByteView nal, bool last, std::size_t max_payload, std::vector<Piece>& out) {
  max_payload = std::max(max_payload, kSmallest);
  if (nal.size() <= max_payload) {
    if (!nal.empty()) out.push_back({{}, 0, last, nal});
    return;
  }
  Piece piece;
  piece.prefix = {static_cast<std::uint8_t>((nal[0] & 0x81) | h265::kFragment << 1), nal[1],
                  static_cast<std::uint8_t>(nal[0] >> 1 & 0x3F)};
  piece.prefix_size = 3;
  fragment(piece, nal.subspan(2), last, max_payload, out);
}

}  // namespace camfleet::h26x
