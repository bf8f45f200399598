#include "proto/sdkhost/key_gate.h"

#include <algorithm>
#include <string_view>

#include "proto/ps/media_head.h"
#include "proto/rtp/packet.h"
#include "proto/sdkhost/descriptors.h"

namespace camfleet::sdkhost {
namespace {

// In front of a key picture the program stream has its system map.
constexpr std::string_view kMap{"\x00\x00\x01\xBC", 4};
constexpr std::size_t kMapWithin = 256;

}  // namespace

bool KeyGate::pass(std::uint32_t type, ByteView bytes) {
  if (type == kDescription) {
    const auto text = as_text(bytes);
    const bool new_kind =
        text.find("H265/") != std::string_view::npos || text.find("h265/") != std::string_view::npos;
    codec_ = new_kind ? h26x::Codec::h265 : h26x::Codec::h264;
    return true;
  }
  if (type == kHead) {
    if (const auto head = ps::parse_media_head(bytes))
      codec_ = head->video == ps::Video::h265 ? h26x::Codec::h265 : h26x::Codec::h264;
    return true;
  }
  if (closed_ && !begins(type, bytes)) return false;
  closed_ = false;
  return true;
}

bool KeyGate::begins(std::uint32_t type, ByteView bytes) const {
  if (type == kProgramStream)
    return as_text(bytes.first(std::min(bytes.size(), kMapWithin))).find(kMap) != std::string_view::npos;
  if (type != kVideo) return false;
  const auto packet = rtp::parse(bytes);
  if (!packet) return false;
  const auto kind = h26x::classify(codec_, packet->payload);
  return kind.parameter_set || kind.key_start;
}

}  // namespace camfleet::sdkhost
