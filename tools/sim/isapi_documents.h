#pragma once
#include <string>

#include "sim/clips.h"
#include "sim/device.h"

namespace camfleet::sim {

// The documents of a device, as it stands now.
std::string device_info_document(const Device& device);
std::string status_document(const Device& device);
std::string time_document(const Device& device);
std::string capabilities_document(const Device& device);
std::string streaming_channels_document(const Device& device, const Clips& clips);
// Empty where the device has no such stream.
std::string streaming_channel_document(const Device& device, const Clips& clips, int stream_id);
std::string video_inputs_document(const Device& device);
// Of recorders.
std::string input_proxies_document(const Device& device);
std::string input_proxy_status_document(const Device& device);
// Empty where the recorder has no such channel.
std::string input_proxy_status_document(const Device& device, int channel);

}  // namespace camfleet::sim
