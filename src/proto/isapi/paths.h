#pragma once
#include <string>
#include <string_view>

namespace camfleet::isapi {

// Where a device answers. Firmware before about 5.0 serves the same tree without the "/ISAPI" in front.
namespace path {
inline constexpr std::string_view kDeviceInfo = "/ISAPI/System/deviceInfo";
inline constexpr std::string_view kStatus = "/ISAPI/System/status";
inline constexpr std::string_view kTime = "/ISAPI/System/time";
inline constexpr std::string_view kCapabilities = "/ISAPI/System/capabilities";
inline constexpr std::string_view kVideoInputs = "/ISAPI/System/Video/inputs/channels";
inline constexpr std::string_view kInputProxies = "/ISAPI/ContentMgmt/InputProxy/channels";
inline constexpr std::string_view kInputProxyStatus = "/ISAPI/ContentMgmt/InputProxy/channels/status";
inline constexpr std::string_view kStreamingChannels = "/ISAPI/Streaming/channels";
inline constexpr std::string_view kUserCheck = "/ISAPI/Security/userCheck";
inline constexpr std::string_view kAlertStream = "/ISAPI/Event/notification/alertStream";
inline constexpr std::string_view kSubscribeEvent = "/ISAPI/Event/notification/subscribeEvent";
inline constexpr std::string_view kReboot = "/ISAPI/System/reboot";

std::string streaming_channel(int stream_id);   // /ISAPI/Streaming/channels/101
std::string picture(int stream_id);             // .../101/picture
std::string proxy_picture(int stream_id);       // where a recorder refuses the one above
std::string request_key_frame(int stream_id);   // PUT
std::string ptz_continuous(int channel);        // PUT, /ISAPI/PTZCtrl/channels/1/continuous
std::string ptz_goto(int channel, int preset);  // PUT
std::string input_proxy_status(int channel);    // where the list form is missing
}  // namespace path

// Streams of a channel: 1 main, 2 sub, 3 third, 4 transcoded.
constexpr int stream_id(int channel, int stream) { return channel * 100 + stream; }
constexpr int channel_of(int stream_id) { return stream_id / 100; }
constexpr int stream_of(int stream_id) { return stream_id % 100; }

// RTSP: "/Streaming/Channels/101" of today's firmware, and the older "/h264/ch1/main/av_stream".
std::string rtsp_path(int channel, int stream);
std::string rtsp_legacy_path(int channel, int stream);
// Recordings: "/Streaming/tracks/101".
std::string rtsp_track_path(int channel, int stream);

// The channel and stream of an RTSP or HTTP path in any of these forms and in any case; 0 and 0 where it is
// none.
struct StreamAddress {
  int channel = 0;
  int stream = 0;
  bool operator==(const StreamAddress&) const = default;
};
StreamAddress stream_of_path(std::string_view path);

}  // namespace camfleet::isapi
