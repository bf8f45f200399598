#include "proto/sdp/codec_names.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace camfleet::sdp {
namespace {

constexpr auto kEncodings = std::to_array<std::pair<std::string_view, Codec>>({
    {"H264", Codec::h264},
    {"H265", Codec::h265},
    {"HEVC", Codec::h265},
    {"JPEG", Codec::mjpeg},
    {"MP4V-ES", Codec::mpeg4},
    {"MP2P", Codec::ps},
    {"PS", Codec::ps},
    {"MP2T", Codec::ts},
    {"mpeg4-generic", Codec::aac},
    {"MP4A-LATM", Codec::aac_latm},
    {"PCMU", Codec::pcmu},
    {"PCMA", Codec::pcma},
    {"G722", Codec::g722},
    {"G7221", Codec::g7221},
    {"G723", Codec::g723},
    {"G726-16", Codec::g726},
    {"G726-24", Codec::g726},
    {"G726-32", Codec::g726},
    {"G726-40", Codec::g726},
    {"G729", Codec::g729},
    {"L16", Codec::l16},
    {"PCM", Codec::pcm},
    {"MPA", Codec::mpa},
    {"opus", Codec::opus},
    {"vnd.onvif.metadata", Codec::metadata},
    {"isapi.metadata", Codec::metadata},
});

constexpr auto kNames = std::to_array<std::string_view>(
    {"unknown", "h264",  "h265", "mjpeg", "mpeg4", "ps",  "ts",  "aac", "aac_latm", "pcmu",    "pcma",
     "g722",    "g7221", "g723", "g726",  "g729",  "l16", "pcm", "mpa", "opus",     "metadata"});
static_assert(kNames.size() == static_cast<std::size_t>(Codec::metadata) + 1);

}  // namespace

std::string_view name(Codec codec) { return kNames.at(static_cast<std::size_t>(codec)); }

Codec codec_of_encoding(std::string_view encoding) {
  for (const auto& [text, codec] : kEncodings)
    if (iequals(text, encoding)) return codec;
  return Codec::unknown;
}

StaticType static_type(std::uint8_t payload_type) {
  switch (payload_type) {
    case 0:
      return {Codec::pcmu, "PCMU", 8000, 1};
    case 2:
      return {Codec::g726, "G726-32", 8000, 1};
    case 4:
      return {Codec::g723, "G723", 8000, 1};
    case 8:
      return {Codec::pcma, "PCMA", 8000, 1};
    case 9:
      return {Codec::g722, "G722", 8000, 1};
    case 10:
      return {Codec::l16, "L16", 44100, 2};
    case 11:
      return {Codec::l16, "L16", 44100, 1};
    case 14:
      return {Codec::mpa, "MPA", 90000, 1};
    case 18:
      return {Codec::g729, "G729", 8000, 1};
    case 26:
      return {Codec::mjpeg, "JPEG", 90000, 1};
    case 33:
      return {Codec::ts, "MP2T", 90000, 1};
    default:
      return {};
  }
}

}  // namespace camfleet::sdp
