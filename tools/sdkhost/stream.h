#pragma once
#include <atomic>
#include <cstdint>

#include "proto/h26x/nal.h"
#include "sdkhost/host.h"

namespace camfleet::sdkhost {

// One live view: which of what the library calls back goes to the gateway. The library hands the same stream
// over in two forms; RTP packets as the device sent them where it does, its program stream else. When the
// ring had no room, everything is left out until a picture begins that can be decoded alone.
struct Host::Stream {
  static constexpr std::size_t kMost = 1 << 20;  // of one callback

  explicit Stream(std::uint32_t n) : number(n) {}
  const std::uint32_t number;
  abi::Handle handle = -1;  // on the device's strand
  std::atomic<bool> standard{false};

  // By the library's thread of this view alone.
  bool wanted(bool of_standard, std::uint32_t type, ByteView bytes);
  void lost() { resync_ = true; }

 private:
  bool begins(std::uint32_t type, ByteView bytes);

  bool rtp_seen_ = false;
  unsigned raw_before_ = 0;  // pieces of the program stream while RTP was waited for
  bool resync_ = false;
  h26x::Codec codec_ = h26x::Codec::h264;
};

}  // namespace camfleet::sdkhost
