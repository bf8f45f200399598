#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace camfleet::isapi {

enum class VideoCodec : std::uint8_t { unknown, h264, h265, mjpeg };

// One encoding of a channel: GET /ISAPI/Streaming/channels[/<id>].
struct StreamingChannel {
  int id = 0;  // channel * 100 + stream
  std::string name;
  bool enabled = true;
  int video_input = 0;  // dynVideoInputChannelID or videoInputChannelID
  VideoCodec codec = VideoCodec::unknown;
  std::string codec_text;
  int width = 0;
  int height = 0;
  int fps_x100 = 0;  // 2500 = 25 pictures a second; 0: as many as the source has
  bool variable_rate = false;
  int bitrate_kbps = 0;  // the constant one, or the upper cap
  int gov_length = 0;
  int key_frame_interval_ms = 0;
  bool smart_codec = false;  // H.264+, H.265+
  bool audio_enabled = false;
  std::string audio_codec;  // "G.711ulaw", "AAC" ...
  bool operator==(const StreamingChannel&) const = default;

  int channel() const { return id / 100; }
  int stream() const { return id % 100; }
};
// A list, or the single channel; entries without a usable id are left out.
Result<std::vector<StreamingChannel>> parse_streaming_channels(std::string_view body);

// A local picture source: GET /ISAPI/System/Video/inputs/channels.
struct VideoInput {
  int id = 0;
  int port = 0;
  std::string name;
  std::string format;      // PAL, NTSC
  std::string resolution;  // " 1280*720(HD720P)P25" without its blanks; empty on cameras
  bool enabled = true;     // says nothing of the signal
  bool no_video = false;   // a recorder's dead input
  bool operator==(const VideoInput&) const = default;
};
Result<std::vector<VideoInput>> parse_video_inputs(std::string_view body);

// An IP channel of a recorder: GET /ISAPI/ContentMgmt/InputProxy/channels. Ids need not be contiguous.
struct InputProxy {
  int id = 0;
  std::string name;
  std::string protocol;  // HIKVISION, ONVIF ...
  std::string address;   // IP address or host name
  int port = 0;
  int source_channel = 0;
  std::string user;
  std::string model;
  std::string serial;
  std::string firmware;
  bool plug_and_play = false;  // on the recorder's own switch: not to be reached from outside
  bool operator==(const InputProxy&) const = default;
};
Result<std::vector<InputProxy>> parse_input_proxies(std::string_view body);

// GET /ISAPI/ContentMgmt/InputProxy/channels/status, or of one channel.
struct InputProxyStatus {
  int id = 0;
  std::optional<bool> online;
  std::string detect_result;  // free text: connect, notExist, errorUserNameOrPasswd ...
  std::vector<int> streams;   // stream ids, where listed
  bool operator==(const InputProxyStatus&) const = default;
};
Result<std::vector<InputProxyStatus>> parse_input_proxy_status(std::string_view body);

}  // namespace camfleet::isapi
