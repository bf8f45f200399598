#include "sim/description.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace camfleet::sim {
namespace {

// The 40-byte header of the vendor's own format: H.264, no audio.
constexpr std::string_view kMediaHeader =
    "a=Media_header:MEDIAINFO="
    "494D4B48010100000400010000000000000000000000000000000000000000000000000000000000;\r\n"
    "a=appversion:1.0\r\n";

}  // namespace

std::string camera_sdp(const Description& about, const Clip& clip) {
  return fmt::format(
             "v=0\r\n"
             "o=- {0} {0} IN IP4 {1}\r\n"
             "s=Media Presentation\r\n"
             "e=NONE\r\n"
             "b=AS:5050\r\n"
             "t=0 0\r\n"
             "a=control:{2}/{3}\r\n"
             "m=video 0 RTP/AVP 96\r\n"
             "c=IN IP4 0.0.0.0\r\n"
             "b=AS:5000\r\n"
             "a=recvonly\r\n"
             "a=x-dimensions:{4},{5}\r\n"
             "a=control:{2}/trackID=1{3}\r\n"
             "a=rtpmap:96 H264/90000\r\n"
             "a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets={6},{7}\r\n",
             about.id, about.host, about.url, about.query, clip.width(), clip.height(), to_base64(clip.sps()),
             to_base64(clip.pps())) +
         std::string{kMediaHeader};
}

std::string recorder_sdp(const Description& about, const Clip& clip) {
  return fmt::format(
             "v=0\r\n"
             "o=- {} 0 IN IP4 0.0.0.0\r\n"
             "s=HIK Media Server V3.4.103\r\n"
             "i=HIK Media Server Session Description : standard\r\n"
             "e=NONE\r\n"
             "c=IN IP4 0.0.0.0\r\n"
             "t=0 0\r\n"
             "a=control:*\r\n"
             "b=AS:{}\r\n"
             "a=range:npt=now-\r\n"
             "m=video 0 RTP/AVP 96\r\n"
             "i=Video Media\r\n"
             "a=rtpmap:96 H264/90000\r\n"
             "a=fmtp:96 profile-level-id=4D0014;packetization-mode=0\r\n"
             "a=control:trackID=video\r\n"
             "b=AS:{}\r\n",
             about.id, clip.kbps() + 10, clip.kbps()) +
         std::string{kMediaHeader};
}

}  // namespace camfleet::sim
