#include "sdkhost/stream.h"

#include <algorithm>
#include <string_view>

#include "proto/rtp/packet.h"

namespace camfleet::sdkhost {
namespace {

// A library that announces RTP and sends none: after so many pieces of the other form that one is taken.
constexpr unsigned kPatience = 100;
// In front of a key picture the program stream has its system map.
constexpr std::string_view kMap{"\x00\x00\x01\xBC", 4};

}  // namespace

bool Host::Stream::wanted(bool of_standard, std::uint32_t type, ByteView bytes) {
  if (of_standard) {
    if (type == abi::data_sdp) {
      const auto text = as_text(bytes);
      if (text.find("H265/") != std::string_view::npos || text.find("h265/") != std::string_view::npos)
        codec_ = h26x::Codec::h265;
    }
    const bool rtp = type == abi::data_std_video || type == abi::data_std_audio;
    if (rtp) rtp_seen_ = true;
    if (!rtp && type != abi::data_sdp && type != abi::data_system_head) return false;
  } else {
    // Before the other form was asked for, and while its first packet is waited for, this one is left out.
    if (rtp_seen_ || (type != abi::data_stream && type != abi::data_system_head)) return false;
    if (type == abi::data_stream && ++raw_before_ < kPatience && standard) return false;
  }
  if (type == abi::data_sdp || type == abi::data_system_head) return true;
  if (!resync_) return true;
  if (!begins(type, bytes)) return false;
  resync_ = false;
  return true;
}

bool Host::Stream::begins(std::uint32_t type, ByteView bytes) {
  if (type == abi::data_stream)
    return as_text(bytes.first(std::min<std::size_t>(bytes.size(), 256))).find(kMap) !=
           std::string_view::npos;
  if (type != abi::data_std_video) return false;
  const auto packet = rtp::parse(bytes);
  if (!packet) return false;
  const auto kind = h26x::classify(codec_, packet->payload);
  return kind.parameter_set || kind.key_start;
}

}  // namespace camfleet::sdkhost
