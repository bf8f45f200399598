#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace camfleet::rtsp {

// Two numbers that belong together: RTP and RTCP, of channels (0 to 255) or of ports (1 to 65,535).
struct Pair {
  std::uint16_t rtp = 0;
  std::uint16_t rtcp = 0;
  bool operator==(const Pair&) const = default;
};

// One offer, or the answer, of a Transport header (RFC 2326 section 12.39).
struct Transport {
  enum class Lower : std::uint8_t { udp, tcp };
  Lower lower = Lower::tcp;
  bool secure = false;  // RTP/SAVP
  bool multicast = false;
  std::optional<Pair> interleaved;
  std::optional<Pair> client_port;
  std::optional<Pair> server_port;
  std::optional<Pair> port;           // of a multicast group
  std::optional<std::uint32_t> ssrc;  // a hint: devices announce one and send another
  std::optional<int> ttl;
  std::string mode;  // lower case, without quotes: "play"; may be empty
  std::string destination;
  std::string source;
  bool operator==(const Transport&) const = default;
};

// One offer. A pair given as one number gets the next as its second. `ssrc` may have blanks and fewer than
// eight digits; one that cannot be read is left out, as are unknown parameters. Code::rtsp_bad_header for
// another profile than RTP/AVP or SAVP, and for numbers out of range.
Result<Transport> parse_transport(std::string_view text);

// The offers of a viewer in its order of preference. Those that cannot be read are left out;
// Code::rtsp_no_transport where none is left, Code::rtsp_bad_header for more than 8.
Result<std::vector<Transport>> parse_transports(std::string_view text);

std::string serialise(const Transport& transport);

}  // namespace camfleet::rtsp
