#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::isapi {

// GET /ISAPI/System/deviceInfo. Elements are missing freely; a missing one is empty.
struct DeviceInfo {
  std::string name;
  std::string device_id;
  std::string model;
  std::string serial;  // model, date and code; recorders append WCVU. Use the whole of it
  std::string mac;
  std::string firmware;        // "V5.7.17"
  std::string firmware_build;  // "build 240606"
  std::string hardware;
  std::string type;  // IPCamera, IPDome, NVR, DVR, HybridNVR, ACS, VIS ...
  std::string manufacturer;
  std::string sub_serial;
  std::string xml_namespace;  // in which this device answers: to be used when writing to it
  bool operator==(const DeviceInfo&) const = default;
};
Result<DeviceInfo> parse_device_info(std::string_view body);

// GET /ISAPI/System/status. Memory is not comparable between models: per cent, MB or kB.
struct DeviceStatus {
  std::string time_text;
  std::optional<std::chrono::seconds> up_time;  // one product line writes it in Chinese words
  std::optional<double> cpu_percent;            // of the first CPU
  std::optional<double> memory_usage;
  std::optional<double> memory_available;
  std::optional<int> reboots;
  bool operator==(const DeviceStatus&) const = default;
};
Result<DeviceStatus> parse_device_status(std::string_view body);

// GET /ISAPI/System/capabilities: what matters to a gateway. Found at any depth; absent is false or 0.
struct Capabilities {
  bool subscribe_event = false;
  bool metadata = false;
  bool snapshot = false;
  bool user_check = false;
  bool login_lock = false;         // wrong passwords lock the account
  bool stream_encryption = false;  // can encrypt its streams with a key of its own
  int input_proxies = 0;           // IP channels that a recorder can take
  int io_inputs = 0;
  int io_outputs = 0;
  int talk_channels = 0;
  bool operator==(const Capabilities&) const = default;
};
Result<Capabilities> parse_capabilities(std::string_view body);

enum class DeviceKind : std::uint8_t { unknown, camera, recorder, access, intercom, alarm_panel };
std::string_view name(DeviceKind kind);
// By the word of deviceType, else by what the device has: IP channels make a recorder; a local input a
// camera; neither an access controller. nullopt: the device refused to say (403, 404).
DeviceKind decide_kind(const DeviceInfo& info, std::optional<std::size_t> input_proxies,
                       std::optional<std::size_t> video_inputs);

}  // namespace camfleet::isapi
