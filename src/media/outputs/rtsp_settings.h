#pragma once
#include <chrono>
#include <cstddef>
#include <functional>

#include "net/datagram_pairs.h"

namespace camfleet::media {

struct RtspSettings {
  std::chrono::milliseconds head_timeout{10'000};   // for a whole request, the first one from accept
  std::chrono::milliseconds grant_timeout{30'000};  // from accept to the right to watch something
  // Without a request, unless playing over TCP; over UDP also without a receiver report.
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds recheck{10'000};  // of a grant, while it is held
  std::chrono::milliseconds sweep{1'000};
  std::chrono::milliseconds wrong_token_delay{100};  // doubled with each failure of the address, up to:
  std::chrono::milliseconds wrong_token_delay_max{2'000};
  unsigned wrong_tokens = 5;             // of one connection, then it is closed
  std::size_t input_bytes = 256 * 1024;  // that a client may send within `input_window`
  std::chrono::milliseconds input_window{10'000};
  // There is no room for another viewer: who has the right to watch is told media.viewers_full. Thread-safe;
  // empty: there always is.
  std::function<bool()> full;
  net::DatagramPairs* udp = nullptr;  // for viewers over UDP, outlives the server; null: 461 to whoever asks
};

}  // namespace camfleet::media
