#include "sdkhost/stream.h"

#include <algorithm>

namespace camfleet::sdkhost {
namespace {

// A library that announces RTP and sends none: after so many pieces of the other form that one is taken.
constexpr unsigned kPatience = 100;

bool tells(std::uint32_t type) { return type == abi::data_sdp || type == abi::data_system_head; }

}  // namespace

bool Host::Stream::wanted(bool of_standard, std::uint32_t type, ByteView bytes) {
  if (of_standard) {
    const bool rtp = type == abi::data_std_video || type == abi::data_std_audio;
    if (rtp) rtp_seen_ = true;
    if (!rtp && !tells(type)) return false;
  } else {
    // Before the other form was asked for, and while its first packet is waited for, this one is left out.
    if (rtp_seen_ || (type != abi::data_stream && type != abi::data_system_head)) return false;
    if (type == abi::data_stream && ++raw_before_ < kPatience && standard) return false;
  }
  return gate_.pass(type, bytes);
}

void Host::Stream::lost(std::uint32_t type, ByteView bytes) {
  if (!tells(type)) return gate_.close();
  std::erase_if(owed, [type](const Owed& one) { return one.type == type; });
  owed.push_back({type, Bytes(bytes.begin(), bytes.end())});
}

}  // namespace camfleet::sdkhost
