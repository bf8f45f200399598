#include "device/rtsp/tracks.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "proto/h26x/nal.h"
#include "proto/h26x/sps.h"
#include "proto/sdp/codec_config.h"

namespace camfleet::device {
namespace {

model::Codec to_model(sdp::Codec codec) {
  switch (codec) {
    case sdp::Codec::h264:
      return model::Codec::h264;
    case sdp::Codec::h265:
      return model::Codec::h265;
    case sdp::Codec::mjpeg:
      return model::Codec::mjpeg;
    case sdp::Codec::aac:
      return model::Codec::aac;
    case sdp::Codec::pcmu:
      return model::Codec::pcmu;
    case sdp::Codec::pcma:
      return model::Codec::pcma;
    case sdp::Codec::g722:
      return model::Codec::g722;
    case sdp::Codec::g726:
      return model::Codec::g726;
    case sdp::Codec::l16:
      return model::Codec::l16;
    case sdp::Codec::opus:
      return model::Codec::opus;
    case sdp::Codec::mpa:
      return model::Codec::mp2;
    default:
      return model::Codec::unknown;
  }
}

std::uint32_t usual_clock(model::Media media, model::Codec codec) {
  if (media == model::Media::video || codec == model::Codec::mp2) return 90'000;
  return codec == model::Codec::opus ? 48'000 : 8'000;
}

void take_parameter_sets(model::Track& track, const sdp::Format& format) {
  const auto codec = track.codec == model::Codec::h264 ? h26x::Codec::h264 : h26x::Codec::h265;
  for (auto& set : sdp::parameter_sets(format)) {
    const int type = h26x::nal_type(codec, set);
    const bool h264 = codec == h26x::Codec::h264;
    if (type == (h264 ? h26x::h264::kSps : h26x::h265::kSps))
      track.sps = std::move(set);
    else if (type == (h264 ? h26x::h264::kPps : h26x::h265::kPps))
      track.pps = std::move(set);
    else if (!h264 && type == h26x::h265::kVps)
      track.vps = std::move(set);
  }
}

Result<url::Url> on_our_host(Result<url::Url> address, std::string_view text, const url::Url& dialled) {
  if (!address || (address->scheme != "rtsp" && address->scheme != "rtsps"))
    return fail(Code::rtsp_foreign_url, "control " + clean_utf8(text.substr(0, 200)));
  address->scheme = dialled.scheme;
  address->host = dialled.host;
  address->port = dialled.port;
  return address;
}

// "file:///etc", "http://...": a scheme that url::join would take for a relative path.
bool other_scheme(std::string_view control) {
  const auto colon = control.find("://");
  if (colon == std::string_view::npos || control.find_first_of("/?") < colon) return false;
  return !istarts_with(control, "rtsp");
}

Result<url::Url> control_of(std::string_view control, const url::Url& base, const url::Url& dialled) {
  if (other_scheme(control))
    return fail(Code::rtsp_foreign_url, "control " + clean_utf8(control.substr(0, 200)));
  return on_our_host(url::join(base, control), control, dialled);
}

// The first that we know the codec of, else the first; never what a device wants to receive.
const sdp::Media* choose(const sdp::Session& session, std::string_view kind) {
  const sdp::Media* any = nullptr;
  for (const auto& media : session.medias) {
    if (media.kind != kind || media.is_back_channel()) continue;
    if (to_model(media.codec()) != model::Codec::unknown) return &media;
    if (any == nullptr) any = &media;
  }
  return any;
}

}  // namespace

model::Track to_track(const sdp::Media& media) {
  const auto& format = media.formats.front();
  model::Track track;
  track.media = media.kind == "video"   ? model::Media::video
                : media.kind == "audio" ? model::Media::audio
                                        : model::Media::metadata;
  track.codec = to_model(format.codec);
  track.payload_type = format.payload_type;
  track.clock_rate = format.clock_rate != 0 ? format.clock_rate : usual_clock(track.media, track.codec);
  track.audio_channels = static_cast<std::uint8_t>(std::clamp(format.channels, 1, 8));
  track.encoding = format.encoding;
  for (const auto& parameter : format.parameters) {
    if (!track.fmtp.empty()) track.fmtp += "; ";
    track.fmtp += parameter.name;
    if (!parameter.value.empty()) track.fmtp += "=" + parameter.value;
  }
  if (track.codec == model::Codec::h264 || track.codec == model::Codec::h265)
    take_parameter_sets(track, format);
  if (track.codec == model::Codec::aac) {
    if (auto aac = sdp::aac_config(format)) {
      track.audio_config = std::move(aac->config);
      if (aac->sample_rate > 0) track.clock_rate = static_cast<std::uint32_t>(aac->sample_rate);
      if (aac->channels > 0) track.audio_channels = static_cast<std::uint8_t>(aac->channels);
    }
  }
  return track;
}

Result<std::vector<WantedTrack>> wanted_tracks(const sdp::Session& session, const url::Url& base,
                                               const url::Url& dialled) {
  const auto* video = choose(session, "video");
  const auto* audio = choose(session, "audio");
  if (video == nullptr && audio == nullptr)
    return fail(Code::media_no_video, std::to_string(session.medias.size()) + " media in the description");
  std::vector<WantedTrack> wanted;
  for (const auto* media : {video, audio}) {
    if (media == nullptr) continue;
    auto control = control_of(media->control, base, dialled);
    if (!control) return fail(control.error());
    auto& track = wanted.emplace_back();
    track.track = to_track(*media);
    track.control = std::move(*control);
    for (const auto& format : media->formats) track.payload_types.push_back(format.payload_type);
  }
  return wanted;
}

Result<url::Url> aggregate_control(const sdp::Session& session, const url::Url& base,
                                   const url::Url& dialled) {
  return control_of(session.control, base, dialled);
}

url::Url base_of(std::string_view content_base, std::string_view content_location,
                 const url::Url& requested) {
  for (const auto text : {content_base, content_location}) {
    if (text.empty()) continue;
    if (auto base = url::parse_content_base(text)) return std::move(base->url);
  }
  return requested;
}

model::ProfileInfo profile_of(const sdp::Session& session) {
  model::ProfileInfo profile;
  if (const auto* audio = choose(session, "audio")) profile.audio = to_track(*audio).codec;
  const auto* video = choose(session, "video");
  if (video == nullptr) return profile;
  const auto track = to_track(*video);
  profile.codec = track.codec;
  int width = 0;
  int height = 0;
  double rate = video->framerate;
  const auto take = [&](const auto& sps) {
    if (!sps) return;
    width = sps->width;
    height = sps->height;
    if (rate <= 0) rate = sps->frames_per_second;
  };
  if (!track.sps.empty() && track.codec == model::Codec::h264) take(h26x::parse_h264_sps(track.sps));
  if (!track.sps.empty() && track.codec == model::Codec::h265) take(h26x::parse_h265_sps(track.sps));
  if (width == 0 && video->dimensions) {
    width = video->dimensions->width;
    height = video->dimensions->height;
  }
  profile.width = static_cast<std::uint16_t>(std::clamp(width, 0, 16'384));
  profile.height = static_cast<std::uint16_t>(std::clamp(height, 0, 16'384));
  if (rate > 0 && rate <= 500) profile.fps_x100 = static_cast<std::uint16_t>(std::lround(rate * 100));
  profile.bitrate_kbps = static_cast<std::uint32_t>(std::max(0, video->bandwidth_kbps));
  return profile;
}

}  // namespace camfleet::device
