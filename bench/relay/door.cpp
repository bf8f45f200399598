#include "door.h"

#include "base/bytes.h"
#include "base/text.h"
#include "load.h"

namespace camfleet::load {
namespace {

std::string base64(ByteView in) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < in.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < in.size() ? in[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= in.size() ? digits[three >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace

Door::Door(const sim::Clip& clip) {
  constexpr char digits[] = "0123456789abcdef";
  std::string profile;
  for (std::size_t i = 1; i < 4; ++i) {
    profile += digits[clip.sps()[i] >> 4];
    profile += digits[clip.sps()[i] & 15];
  }
  sdp_ =
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=farm\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
      "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 packetization-mode=1;profile-level-id=" +
      profile + ";sprop-parameter-sets=" + base64(clip.sps()) + "," + base64(clip.pps()) +
      "\r\na=control:trackID=0\r\n";
}

Door::Answer Door::take(std::string& in) const {
  Answer out;
  for (;;) {
    if (in.size() >= 4 && in[0] == '$') {  // a receiver report
      const std::size_t size = 4U + load16(as_bytes(in).data() + 2);
      if (in.size() < size) return out;
      in.erase(0, size);
      continue;
    }
    const auto end = in.find("\r\n\r\n");
    if (end == std::string::npos) return out;
    const std::string request = in.substr(0, end + 4);
    in.erase(0, end + 4);
    const auto space = request.find(' ');
    const auto method = request.substr(0, space);
    const auto url = request.substr(space + 1, request.find(' ', space + 1) - space - 1);
    const auto scheme = url.find("://");
    const auto slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    if (slash != std::string::npos) out.path = url.substr(slash);
    out.text += "RTSP/1.0 200 OK\r\nCSeq: " + header(request, "CSeq") + "\r\n";
    if (method == "DESCRIBE") {
      out.text += "Content-Base: " + url +
                  "/\r\nContent-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp_.size()) +
                  "\r\n\r\n" + sdp_;
      continue;
    }
    if (method == "OPTIONS") out.text += "Public: DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n";
    if (method == "SETUP") out.text += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
    out.text += "Session: 1;timeout=60\r\n\r\n";
    out.plays = out.plays || method == "PLAY";
    out.over = out.over || method == "TEARDOWN";
  }
}

}  // namespace camfleet::load
