#pragma once
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proto/isapi/alert.h"
#include "proto/isapi/channels.h"
#include "proto/isapi/device.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/time.h"
#include "proto/isapi/user_check.h"

namespace camfleet::isapi {

inline constexpr std::string_view kHikVer20 = "http://www.hikvision.com/ver20/XMLSchema";
inline constexpr std::string_view kHikVer10 = "http://www.hikvision.com/ver10/XMLSchema";
inline constexpr std::string_view kIsapiVer20 = "http://www.isapi.org/ver20/XMLSchema";
inline constexpr std::string_view kStdCgiVer20 = "http://www.std-cgi.com/ver20/XMLSchema";
inline constexpr std::string_view kPsia = "urn:psialliance-org";

// How a device writes its documents.
struct Dialect {
  std::string xml_namespace{kHikVer20};  // empty: none
  std::string version = "2.0";           // empty: none
  bool declaration = true;
  std::string newline = "\n";  // "\r\n" of cameras
};

// The documents of a device, for the simulator: each is what the parser of the same name reads.
std::string write_device_info(const DeviceInfo& info, const Dialect& dialect);
std::string write_device_status(const DeviceStatus& status, const Dialect& dialect);
std::string write_time(const TimeSettings& time, const Dialect& dialect);
std::string write_streaming_channels(std::span<const StreamingChannel> channels, const Dialect& dialect);
std::string write_streaming_channel(const StreamingChannel& channel, const Dialect& dialect);
std::string write_video_inputs(std::span<const VideoInput> inputs, const Dialect& dialect);
std::string write_input_proxies(std::span<const InputProxy> proxies, const Dialect& dialect);
std::string write_input_proxy_status(std::span<const InputProxyStatus> status, const Dialect& dialect);
std::string write_capabilities(const Capabilities& capabilities, const Dialect& dialect);
std::string write_response_status(const ResponseStatus& status, const Dialect& dialect);
std::string write_user_check(const UserCheck& check, const Dialect& dialect);
// Without declaration, as devices do; a recorder names its channel dynChannelID.
std::string write_alert(const Alert& alert, const Dialect& dialect, bool recorder = false);
// The heart-beat that an idle device sends each ten seconds.
Alert heartbeat(const DeviceInfo& info, std::string_view address, std::string_view time_text);

// Refusals as devices word them.
ResponseStatus status_ok(std::string_view url);
ResponseStatus status_not_supported(std::string_view url);
ResponseStatus status_method_not_allowed(std::string_view url);
ResponseStatus status_low_privilege(std::string_view url);
ResponseStatus status_busy(std::string_view url);
ResponseStatus status_bad_xml(std::string_view url);
int http_status(const ResponseStatus& status);

}  // namespace camfleet::isapi
