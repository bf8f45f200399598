#include "proto/ts/annexb_unit.h"

#include "proto/h26x/annexb.h"

namespace camfleet::ts {
namespace {

constexpr std::uint8_t kCode[] = {0, 0, 0, 1};
// Any kind of slice may follow.
constexpr std::uint8_t kDelimiter264[] = {0, 0, 0, 1, 0x09, 0xF0};
constexpr std::uint8_t kDelimiter265[] = {0, 0, 0, 1, 0x46, 0x01, 0x50};

}  // namespace

std::vector<ByteView> annexb_unit(h26x::Codec codec, std::span<const Bytes> sets, ByteView data) {
  const auto nals = h26x::split_avcc(data);
  std::vector<ByteView> parts;
  parts.reserve(1 + 2 * (sets.size() + nals.size()));
  if (codec == h26x::Codec::h264) {
    parts.emplace_back(kDelimiter264);
  } else {
    parts.emplace_back(kDelimiter265);
  }
  const auto add = [&](ByteView nal) {
    if (nal.empty()) return;
    parts.emplace_back(kCode);
    parts.push_back(nal);
  };
  for (const auto& set : sets) add(set);
  for (const auto nal : nals) add(nal);
  return parts;
}

}  // namespace camfleet::ts
