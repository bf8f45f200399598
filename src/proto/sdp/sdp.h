#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace camfleet::sdp {

enum class Codec : std::uint8_t {
  unknown,
  h264,
  h265,
  mjpeg,
  mpeg4,     // MP4V-ES
  ps,        // MPEG program stream in RTP
  ts,        // MPEG transport stream in RTP
  aac,       // mpeg4-generic
  aac_latm,  // MP4A-LATM
  pcmu,
  pcma,
  g722,
  g7221,
  g723,
  g726,
  g729,
  l16,  // big-endian samples
  pcm,  // Hikvision's "PCM": little-endian samples
  mpa,  // MPEG audio
  opus,
  metadata,  // vnd.onvif.metadata, isapi.metadata
};
std::string_view name(Codec codec);  // "h264"

struct Parameter {
  std::string name;  // lower case
  std::string value;
  bool operator==(const Parameter&) const = default;
};

// One payload type of a media.
struct Format {
  std::uint8_t payload_type = 0;
  Codec codec = Codec::unknown;  // types 0 and 8 are what RFC 3551 says, whatever rtpmap claims
  std::string encoding;          // as written in rtpmap, or of the static type: "H264"; may be empty
  std::uint32_t clock_rate = 0;  // 0 where nothing says
  int channels = 1;
  std::vector<Parameter> parameters;  // of a=fmtp, in order; later lines win by coming first in parameter()

  // Value of a parameter of fmtp, any case of its name.
  std::optional<std::string_view> parameter(std::string_view name) const;
  bool operator==(const Format&) const = default;
};

enum class Direction : std::uint8_t { unspecified, recvonly, sendonly, sendrecv, inactive };

struct Dimensions {
  int width = 0;
  int height = 0;
  bool operator==(const Dimensions&) const = default;
};

// One m= section.
struct Media {
  std::string kind;  // "video", "audio", "application", or what was written
  int port = 0;
  std::string protocol;         // "RTP/AVP"
  std::vector<Format> formats;  // never empty; the first is the one to expect
  std::string control;          // as written; empty where missing
  Direction direction = Direction::unspecified;
  int bandwidth_kbps = 0;                // b=AS; 0 where missing
  double framerate = 0;                  // a=framerate or a=x-framerate; 0 where missing or not a rate
  std::optional<Dimensions> dimensions;  // a=x-dimensions, or a=framesize of the first format

  // A back channel (ONVIF): audio that the device wants to receive.
  bool is_back_channel() const { return direction == Direction::sendonly && kind == "audio"; }
  Codec codec() const { return formats.front().codec; }
  bool operator==(const Media&) const = default;
};

struct Session {
  std::string name;  // valid UTF-8; may be empty
  std::string control;
  std::string range;  // value of a=range: "npt=now-", "clock=...-..."
  std::string tool;
  int bandwidth_kbps = 0;
  std::vector<Media> medias;
  std::string media_header;  // hexadecimal digits of Hikvision's MEDIAINFO; other makers copy it
  int left_out = 0;          // medias without a usable payload type

  const Media* first(std::string_view kind) const;  // nullptr where there is none; never a back channel
  bool operator==(const Session&) const = default;
};

// Reads what a device answers to DESCRIBE. Unknown, broken and missing lines are passed over, for makers
// leave out or mangle v=, o=, s=, t= and c=. Code::sdp_invalid for no line that looks like SDP, NUL, more
// than 16 medias, 32 payload types in one, 512 attributes or 128 KiB. A body without any media is a valid
// Session without medias.
Result<Session> parse(std::string_view text);

// An SDP of our own server. `address` stands in o= and c= ("127.0.0.1", "::1"), `id` in o=. What parse()
// reads of it equals `session`.
std::string write(const Session& session, std::string_view address, std::uint64_t id);

}  // namespace camfleet::sdp
