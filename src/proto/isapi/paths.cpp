#include "proto/isapi/paths.h"

#include <fmt/format.h>

#include "base/text.h"

namespace camfleet::isapi {
namespace path {

std::string streaming_channel(int stream_id) { return fmt::format("{}/{}", kStreamingChannels, stream_id); }
std::string picture(int stream_id) { return streaming_channel(stream_id) + "/picture"; }
std::string proxy_picture(int stream_id) {
  return fmt::format("/ISAPI/ContentMgmt/StreamingProxy/channels/{}/picture", stream_id);
}
std::string request_key_frame(int stream_id) { return streaming_channel(stream_id) + "/requestKeyFrame"; }
std::string ptz_continuous(int channel) {
  return fmt::format("/ISAPI/PTZCtrl/channels/{}/continuous", channel);
}
std::string ptz_goto(int channel, int preset) {
  return fmt::format("/ISAPI/PTZCtrl/channels/{}/presets/{}/goto", channel, preset);
}
std::string input_proxy_status(int channel) { return fmt::format("{}/{}/status", kInputProxies, channel); }

}  // namespace path

namespace {

constexpr std::string_view kLegacyStreams[] = {"main", "sub", "third", "fourth"};

// The digits at the front of `rest`, if they are the whole segment.
std::optional<int> segment_number(std::string_view rest) {
  const auto segment = rest.substr(0, rest.find_first_of("/?"));
  return parse_int<int>(segment);
}

StreamAddress of_id(int id) {
  const StreamAddress found{channel_of(id), stream_of(id)};
  return found.channel > 0 && found.stream > 0 ? found : StreamAddress{};
}

// "h264/ch1/main/av_stream", any codec in front.
StreamAddress legacy(std::string_view path) {
  take_until(path, '/');
  auto channel = take_until(path, '/');
  const auto stream = take_until(path, '/');
  if (!istarts_with(channel, "ch")) return {};
  const auto number = parse_int<int>(channel.substr(2));
  if (!number || *number <= 0) return {};
  for (std::size_t i = 0; i < std::size(kLegacyStreams); ++i) {
    if (iequals(stream, kLegacyStreams[i])) return {*number, static_cast<int>(i) + 1};
  }
  return {};
}

}  // namespace

std::string rtsp_path(int channel, int stream) {
  return fmt::format("/Streaming/Channels/{}", stream_id(channel, stream));
}
std::string rtsp_legacy_path(int channel, int stream) {
  const auto index = stream >= 1 && stream <= 4 ? stream - 1 : 0;
  return fmt::format("/h264/ch{}/{}/av_stream", channel, kLegacyStreams[index]);
}
std::string rtsp_track_path(int channel, int stream) {
  return fmt::format("/Streaming/tracks/{}", stream_id(channel, stream));
}

StreamAddress stream_of_path(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  if (istarts_with(path, "ISAPI/")) path.remove_prefix(6);
  for (const std::string_view prefix :
       {"Streaming/Channels/", "Streaming/tracks/", "ContentMgmt/StreamingProxy/channels/"}) {
    if (!istarts_with(path, prefix)) continue;
    const auto id = segment_number(path.substr(prefix.size()));
    if (!id || *id <= 0) return {};
    // Old firmware counts channels alone: /Streaming/Channels/1 is main of channel 1.
    return *id < 100 ? StreamAddress{*id, 1} : of_id(*id);
  }
  return legacy(path);
}

}  // namespace camfleet::isapi
