#include "proto/rtsp/rtp_info.h"

#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace camfleet::rtsp {
namespace {

constexpr std::size_t kMaxTracks = 16;
constexpr std::size_t kMaxUrl = 2048;

// A comma may also stand in a URL: only one that "url=" follows ends a track.
std::string_view take_track(std::string_view& rest) {
  for (std::size_t at = rest.find(','); at != std::string_view::npos; at = rest.find(',', at + 1)) {
    if (!istarts_with(trim(rest.substr(at + 1, 64)), "url=")) continue;
    const auto track = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    return track;
  }
  return std::exchange(rest, {});
}

RtpInfo parse_track(std::string_view text) {
  RtpInfo track;
  while (!text.empty()) {
    auto value = trim(take_until(text, ';'));
    while (value.ends_with(',')) value.remove_suffix(1);
    const auto name = to_lower(trim(take_until(value, '=')));
    value = trim(value);
    if (name == "url" && track.url.empty()) {
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      track.url = value.substr(0, kMaxUrl);
    } else if (name == "seq") {
      track.seq = parse_int<std::uint16_t>(value);
    } else if (name == "rtptime") {
      track.rtptime = parse_int<std::uint32_t>(value);
    } else if (name == "ssrc" && value.size() <= 8) {
      track.ssrc = parse_int<std::uint32_t>(value, 16);
    }
  }
  if (!track.seq || !track.rtptime || *track.seq == 0) track.seq = track.rtptime = std::nullopt;
  return track;
}

}  // namespace

std::vector<RtpInfo> parse_rtp_info(std::string_view value) {
  std::vector<RtpInfo> tracks;
  while (!value.empty() && tracks.size() < kMaxTracks) {
    auto track = parse_track(take_track(value));
    if (!track.url.empty()) tracks.push_back(std::move(track));
  }
  return tracks;
}

std::string serialise(const std::vector<RtpInfo>& tracks) {
  std::string out;
  for (const auto& track : tracks) {
    if (!out.empty()) out += ',';
    out += "url=" + track.url;
    if (track.seq) out += ";seq=" + std::to_string(*track.seq);
    if (track.rtptime) out += ";rtptime=" + std::to_string(*track.rtptime);
  }
  return out;
}

}  // namespace camfleet::rtsp
