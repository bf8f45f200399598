#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace camfleet::rtsp {

// What RTP-Info (RFC 2326 section 12.33) says of one track: hints, for devices make them up.
struct RtpInfo {
  std::string url;                       // as written: absolute, or a control such as "trackID=1"
  std::optional<std::uint16_t> seq;      // of the first packet
  std::optional<std::uint32_t> rtptime;  // of the first packet
  std::optional<std::uint32_t> ssrc;     // Reolink
  bool operator==(const RtpInfo&) const = default;
};

// At most 16 tracks; never fails. `seq` and `rtptime` are left out together where seq is 0 or either cannot
// be read: such values are made up (DS-2CD2032-I, Wowza).
std::vector<RtpInfo> parse_rtp_info(std::string_view value);
std::string serialise(const std::vector<RtpInfo>& tracks);

}  // namespace camfleet::rtsp
