#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace camfleet::sim {

// What an RTSP URL of a device asks for.
struct StreamPath {
  std::uint16_t channel = 1;
  std::uint8_t profile = 1;  // 1 main, 2 sub
  bool track = false;        // the URL named a track: trackID=1, trackID=video
  bool sound = false;        // and that is the one of the sound: trackID=2, trackID=audio
  std::string path;   // the stream's part, from the first '/', without track, slash at the end and query
  std::string query;  // with its '?', or empty
};

// The forms that devices take, in any case: /Streaming/Channels/101, /ISAPI/Streaming/channels/102,
// /h264/ch1/main/av_stream, and the root, which is channel 1; each with or without rtsp://HOST, a slash at
// the end, a query, and a track behind it. Nothing for any other, and for profiles but main and sub. Whether
// the device has the channel is not checked.
std::optional<StreamPath> parse_stream_url(std::string_view url);

}  // namespace camfleet::sim
