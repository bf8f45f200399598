#include "proto/isapi/device.h"

#include "base/text.h"
#include "proto/isapi/root.h"

namespace camfleet::isapi {
namespace {

constexpr std::string_view kKindNames[] = {"unknown", "camera",   "recorder",
                                           "access",  "intercom", "alarm_panel"};

// Seconds, or "87天0时55分59秒": days, hours, minutes, seconds, each with its word.
std::optional<std::chrono::seconds> parse_up_time(std::string_view text) {
  if (const auto seconds = parse_int<std::int64_t>(text)) return std::chrono::seconds{*seconds};
  constexpr std::pair<std::string_view, int> kUnits[] = {
      {"\xE5\xA4\xA9", 86400}, {"\xE6\x97\xB6", 3600}, {"\xE5\x88\x86", 60}, {"\xE7\xA7\x92", 1}};
  std::int64_t total = 0;
  bool found = false;
  for (const auto& [word, seconds] : kUnits) {
    const auto at = text.find(word);
    if (at == std::string_view::npos) continue;
    const auto value = parse_int<std::int32_t>(text.substr(0, at));
    if (!value) return std::nullopt;
    total += std::int64_t{*value} * seconds;
    text.remove_prefix(at + word.size());
    found = true;
  }
  return found ? std::optional{std::chrono::seconds{total}} : std::nullopt;
}

// The first element of that name at any depth. The document is at most 64 deep.
xml::Node find_below(const xml::Node& node, std::string_view name) {
  for (const auto& child : node.children()) {
    if (child.name() == name) return child;
    if (const auto found = find_below(child, name)) return found;
  }
  return {};
}

}  // namespace

Result<DeviceInfo> parse_device_info(std::string_view body) {
  const auto document = open_document(body, {"DeviceInfo"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  DeviceInfo info;
  info.name = root.text("deviceName");
  info.device_id = root.text("deviceID");
  info.model = root.text("model");
  info.serial = root.text("serialNumber");
  info.mac = to_lower(root.text("macAddress"));
  info.firmware = root.text("firmwareVersion");
  info.firmware_build = root.text("firmwareReleasedDate");
  info.hardware = root.text("hardwareVersion");
  info.type = root.text("deviceType");
  info.manufacturer = root.text("manufacturer");
  info.sub_serial = root.text("subSerialNumber");
  info.xml_namespace = root.namespace_uri();
  return info;
}

Result<DeviceStatus> parse_device_status(std::string_view body) {
  const auto document = open_document(body, {"DeviceStatus"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  DeviceStatus status;
  status.time_text = root.text("currentDeviceTime");
  status.up_time = parse_up_time(root.text("deviceUpTime"));
  status.cpu_percent = root.decimal("CPUList/CPU/cpuUtilization");
  status.memory_usage = root.decimal("MemoryList/Memory/memoryUsage");
  status.memory_available = root.decimal("MemoryList/Memory/memoryAvailable");
  status.reboots = root.number("totalRebootCount");
  return status;
}

Result<Capabilities> parse_capabilities(std::string_view body) {
  const auto document = open_document(body, {"DeviceCap"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  const auto flag = [&](std::string_view name) { return find_below(root, name).boolean(""); };
  const auto count = [&](std::string_view name) { return find_below(root, name).integer(""); };
  Capabilities found;
  found.subscribe_event = flag("isSupportSubscribeEvent");
  found.metadata = flag("isSupportMetadata");
  found.snapshot = flag("isSupportSnapshot");
  found.user_check = flag("isSupportUserCheck");
  found.login_lock = flag("issupIllegalLoginLock") || flag("isSupportIllegalLoginLock");
  found.stream_encryption = flag("isSupportStreamEncryption");
  found.input_proxies = count("inputProxyNums");
  found.io_inputs = count("IOInputPortNums");
  found.io_outputs = count("IOOutputPortNums");
  found.talk_channels = count("voicetalkNums");
  return found;
}

std::string_view name(DeviceKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

DeviceKind decide_kind(const DeviceInfo& info, std::optional<std::size_t> input_proxies,
                       std::optional<std::size_t> video_inputs) {
  const auto type = to_lower(info.type);
  const auto has = [&](std::string_view word) { return type.find(word) != std::string::npos; };
  if (has("nvr") || has("dvr")) return DeviceKind::recorder;
  if (has("ipcamera") || has("ipdome") || has("ipzoom") || type == "ipc") return DeviceKind::camera;
  if (has("acs") || has("access")) return DeviceKind::access;
  if (type == "vis" || has("intercom")) return DeviceKind::intercom;
  if (has("axpro") || has("alarm")) return DeviceKind::alarm_panel;

  if (input_proxies.value_or(0) > 0) return DeviceKind::recorder;
  if (video_inputs.value_or(0) > 0) return DeviceKind::camera;
  if (!input_proxies && !video_inputs && !type.empty()) return DeviceKind::access;
  return DeviceKind::unknown;
}

}  // namespace camfleet::isapi
