#include "sim/description.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace camfleet::sim {
namespace {

// The 40-byte header of the vendor's own format, little-endian: what the video is and what the sound.
std::string media_header(const Clip& clip, Audio audio) {
  constexpr std::string_view kSounds[]{"0000", "1071", "1171", "0120"};  // none, G.711 mu, A, AAC
  const auto video = clip.codec() == h26x::Codec::h265 ? "0500" : "0100";
  const auto sound = kSounds[static_cast<std::size_t>(audio)];
  return fmt::format("a=Media_header:MEDIAINFO=494D4B48010100000400{}{}{:0>52};\r\na=appversion:1.0\r\n",
                     video, sound, "");
}

std::string video_format(const Clip& clip, std::string_view h264_fmtp) {
  if (clip.codec() == h26x::Codec::h265) return "a=rtpmap:96 H265/90000\r\n";
  return fmt::format("a=rtpmap:96 H264/90000\r\na=fmtp:96 {}\r\n", h264_fmtp);
}

std::string audio_format(Audio audio, const Sound& sound) {
  switch (audio) {
    case Audio::pcmu:
      return "a=rtpmap:0 PCMU/8000\r\n";
    case Audio::pcma:
      return "a=rtpmap:8 PCMA/8000\r\n";
    case Audio::aac:
      return fmt::format(
          "a=rtpmap:104 mpeg4-generic/{}/1\r\n"
          "a=fmtp:104 profile-level-id=15; streamtype=5; mode=AAC-hbr; "
          "config={};SizeLength=13;IndexLength=3;IndexDeltaLength=3;Profile=1;\r\n",
          sound.clock_rate(), to_hex(sound.config()));
    case Audio::none:
      break;
  }
  return {};
}

}  // namespace

std::string camera_sdp(const Description& about, const Clip& clip, Audio audio, const Sound* sound) {
  const auto fmtp = fmt::format("profile-level-id=420029; packetization-mode=1; sprop-parameter-sets={},{}",
                                to_base64(clip.sps()), to_base64(clip.pps()));
  auto out = fmt::format(
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
      "{6}",
      about.id, about.host, about.url, about.query, clip.width(), clip.height(), video_format(clip, fmtp));
  if (sound != nullptr)
    out += fmt::format(
        "m=audio 0 RTP/AVP {0}\r\n"
        "c=IN IP4 0.0.0.0\r\n"
        "b=AS:50\r\n"
        "a=recvonly\r\n"
        "a=control:{1}/trackID=2{2}\r\n"
        "{3}",
        payload_type_of(audio), about.url, about.query, audio_format(audio, *sound));
  return out + media_header(clip, sound != nullptr ? audio : Audio::none);
}

std::string recorder_sdp(const Description& about, const Clip& clip, Audio audio, const Sound* sound) {
  auto out = fmt::format(
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
      "{}"
      "a=control:trackID=video\r\n"
      "b=AS:{}\r\n",
      about.id, clip.kbps() + 10, video_format(clip, "profile-level-id=4D0014;packetization-mode=0"),
      clip.kbps());
  if (sound != nullptr)
    out += fmt::format(
        "m=audio 0 RTP/AVP {}\r\n"
        "i=Audio Media\r\n"
        "{}"
        "a=control:trackID=audio\r\n"
        "b=AS:64\r\n",
        payload_type_of(audio), audio_format(audio, *sound));
  return out + media_header(clip, sound != nullptr ? audio : Audio::none);
}

}  // namespace camfleet::sim
