#pragma once
#include <atomic>
#include <cstdint>
#include <deque>

#include "proto/sdkhost/key_gate.h"
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
  // This piece found no room. What the stream is made of is kept, and goes before what comes next.
  void lost(std::uint32_t type, ByteView bytes);
  struct Owed {
    std::uint32_t type;
    Bytes bytes;
  };
  std::deque<Owed> owed;

 private:
  bool rtp_seen_ = false;
  unsigned raw_before_ = 0;  // pieces of the program stream while RTP was waited for
  KeyGate gate_;
};

}  // namespace camfleet::sdkhost
