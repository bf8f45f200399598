#pragma once
#include <optional>
#include <vector>

#include "model/device.h"
#include "proto/isapi/channels.h"
#include "proto/isapi/device.h"

namespace camfleet::device {

// What a device answered at login; what it refused to say is absent.
struct IsapiAnswers {
  isapi::DeviceInfo info;
  isapi::DeviceKind kind = isapi::DeviceKind::unknown;
  std::optional<std::vector<isapi::InputProxy>> proxies;
  std::optional<std::vector<isapi::InputProxyStatus>> proxy_status;
  std::optional<std::vector<isapi::VideoInput>> inputs;
  std::optional<std::vector<isapi::StreamingChannel>> streams;
  std::optional<std::int64_t> clock_offset_ms;
};

// Channels are the recorder's IP channels and local inputs and whatever has a stream, by number; profiles are
// the streams 1 to 3 that are switched on. Texts are moved out of `answers`.
model::DeviceFacts facts_of(IsapiAnswers answers);

}  // namespace camfleet::device
