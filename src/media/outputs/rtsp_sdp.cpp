#include "media/outputs/rtsp_sdp.h"

#include "base/text.h"
#include "media/outputs/live_path.h"
#include "proto/h26x/sps.h"
#include "proto/sdp/codec_config.h"
#include "proto/sdp/sdp.h"

namespace camfleet::media {
namespace {

std::string_view kind(model::Media media) {
  switch (media) {
    case model::Media::video:
      return "video";
    case model::Media::audio:
      return "audio";
    case model::Media::metadata:
      break;
  }
  return "application";
}

std::vector<sdp::Parameter> parameters(std::string_view fmtp) {
  std::vector<sdp::Parameter> out;
  while (!fmtp.empty()) {
    std::string_view value = trim(take_until(fmtp, ';'));
    const std::string_view name = trim(take_until(value, '='));
    if (!name.empty()) out.push_back({to_lower(name), std::string(trim(value))});
  }
  return out;
}

void set(std::vector<sdp::Parameter>& list, std::string_view name, std::string value) {
  std::erase_if(list, [&](const sdp::Parameter& p) { return p.name == name; });
  list.push_back({std::string(name), std::move(value)});
}
bool has(const std::vector<sdp::Parameter>& list, std::string_view name) {
  for (const auto& p : list) {
    if (p.name == name) return true;
  }
  return false;
}

void add_video(const model::Track& track, sdp::Media& media, sdp::Format& format) {
  const auto size = [&](int width, int height) { media.dimensions = sdp::Dimensions{width, height}; };
  if (track.codec == model::Codec::h264) {
    if (!has(format.parameters, "packetization-mode")) set(format.parameters, "packetization-mode", "1");
    if (track.sps.empty() || track.pps.empty()) return;
    set(format.parameters, "sprop-parameter-sets", sdp::sprop({track.sps, track.pps}));
    if (track.sps.size() >= 4)
      set(format.parameters, "profile-level-id", to_hex(ByteView(track.sps).subspan(1, 3)));
    if (const auto sps = h26x::parse_h264_sps(track.sps)) size(sps->width, sps->height);
  } else if (track.codec == model::Codec::h265) {
    if (!track.vps.empty()) set(format.parameters, "sprop-vps", sdp::sprop({track.vps}));
    if (!track.sps.empty()) set(format.parameters, "sprop-sps", sdp::sprop({track.sps}));
    if (!track.pps.empty()) set(format.parameters, "sprop-pps", sdp::sprop({track.pps}));
    if (const auto sps = h26x::parse_h265_sps(track.sps)) size(sps->width, sps->height);
  }
}

}  // namespace

std::string describe(const model::StreamKey& key, const model::StreamInfo& info, std::string_view address,
                     std::uint64_t id) {
  sdp::Session session;
  session.name = model::to_text(key);
  session.control = "*";
  session.range = "npt=now-";
  session.tool = "camfleet";
  for (unsigned i = 0; i < info.tracks.size(); ++i) {
    const model::Track& track = info.tracks[i];
    sdp::Media media;
    media.kind = kind(track.media);
    media.protocol = "RTP/AVP";
    media.control = track_control(i);
    sdp::Format format;
    format.payload_type = track.payload_type;
    format.encoding = track.encoding;
    format.clock_rate = track.clock_rate;
    format.channels = track.audio_channels;
    format.parameters = parameters(track.fmtp);
    if (track.media == model::Media::video) add_video(track, media, format);
    media.formats.push_back(std::move(format));
    session.medias.push_back(std::move(media));
  }
  return sdp::write(session, address, id);
}

}  // namespace camfleet::media
