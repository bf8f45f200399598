#include "proto/isapi/write.h"

#include <fmt/format.h>

#include "base/text.h"
#include "proto/xml/writer.h"

namespace camfleet::isapi {
namespace {

using xml::Writer;

Writer::Attributes attributes(const Dialect& dialect) {
  Writer::Attributes out;
  if (!dialect.version.empty()) out.emplace_back("version", dialect.version);
  if (!dialect.xml_namespace.empty()) out.emplace_back("xmlns", dialect.xml_namespace);
  return out;
}

Writer begin(const Dialect& dialect, std::string_view root, bool declaration = true) {
  Writer out{dialect.newline};
  if (declaration && dialect.declaration) out.declaration();
  out.open(root, attributes(dialect));
  return out;
}

std::string end(Writer& out) {
  out.close();
  return out.take();
}

void streaming_channel(Writer& out, const StreamingChannel& channel) {
  out.element("id", channel.id);
  out.element("channelName", channel.name);
  out.element("enabled", channel.enabled);
  out.open("Transport");
  out.open("ControlProtocolList");
  out.open("ControlProtocol");
  out.element("streamingTransport", "RTSP");
  out.close();
  out.close();
  out.close();
  out.open("Video");
  out.element("enabled", true);
  out.element("videoInputChannelID", channel.video_input);
  out.element("videoCodecType", channel.codec_text);
  out.element("videoResolutionWidth", channel.width);
  out.element("videoResolutionHeight", channel.height);
  out.element("videoQualityControlType", channel.variable_rate ? "VBR" : "CBR");
  out.element(channel.variable_rate ? "vbrUpperCap" : "constantBitRate", channel.bitrate_kbps);
  out.element("maxFrameRate", channel.fps_x100);
  if (channel.key_frame_interval_ms > 0) out.element("keyFrameInterval", channel.key_frame_interval_ms);
  out.element("snapShotImageType", "JPEG");
  out.element("GovLength", channel.gov_length);
  out.open("SmartCodec");
  out.element("enabled", channel.smart_codec);
  out.close();
  out.close();
  if (!channel.audio_codec.empty()) {
    out.open("Audio");
    out.element("enabled", channel.audio_enabled);
    out.element("audioInputChannelID", channel.channel());
    out.element("audioCompressionType", channel.audio_codec);
    out.close();
  }
}

void regions(Writer& out, const std::vector<Region>& regions) {
  if (regions.empty()) return;
  out.open("DetectionRegionList");
  for (const auto& region : regions) {
    out.open("DetectionRegionEntry");
    out.element("regionID", region.id);
    out.element("sensitivityLevel", region.sensitivity);
    out.open("RegionCoordinatesList");
    for (const auto& point : region.outline) {
      out.open("RegionCoordinates");
      out.element("positionX", point.x);
      out.element("positionY", point.y);
      out.close();
    }
    out.close();
    out.optional("detectionTarget", region.target);
    out.close();
  }
  out.close();
}

std::string_view word(AlertState state) { return state == AlertState::active ? "active" : "inactive"; }

// `number` is the errorCode without its class, statusCode << 28.
ResponseStatus refusal(std::string_view url, int code, std::string_view text, std::string_view sub_status,
                       std::uint32_t number) {
  ResponseStatus status;
  status.url = url;
  status.status_code = code;
  status.status_text = text;
  status.sub_status = sub_status;
  status.error_code = static_cast<std::uint32_t>(code) << 28 | number;
  status.error_text = sub_status;
  return status;
}

}  // namespace

std::string write_device_info(const DeviceInfo& info, const Dialect& dialect) {
  auto out = begin(dialect, "DeviceInfo");
  out.element("deviceName", info.name);
  out.element("deviceID", info.device_id);
  out.element("model", info.model);
  out.element("serialNumber", info.serial);
  out.element("macAddress", info.mac);
  out.element("firmwareVersion", info.firmware);
  out.element("firmwareReleasedDate", info.firmware_build);
  out.optional("hardwareVersion", info.hardware);
  out.element("deviceType", info.type);
  out.optional("manufacturer", info.manufacturer);
  out.optional("subSerialNumber", info.sub_serial);
  return end(out);
}

std::string write_device_status(const DeviceStatus& status, const Dialect& dialect) {
  auto out = begin(dialect, "DeviceStatus");
  out.element("currentDeviceTime", status.time_text);
  if (status.up_time) out.element("deviceUpTime", status.up_time->count());
  if (status.cpu_percent) {
    out.open("CPUList");
    out.open("CPU");
    out.element("cpuUtilization", fmt::format("{}", *status.cpu_percent));
    out.close();
    out.close();
  }
  if (status.memory_usage || status.memory_available) {
    out.open("MemoryList");
    out.open("Memory");
    out.element("memoryDescription", "DDR Memory");
    if (status.memory_usage) out.element("memoryUsage", fmt::format("{:.2f}", *status.memory_usage));
    if (status.memory_available)
      out.element("memoryAvailable", fmt::format("{:.0f}", *status.memory_available));
    out.close();
    out.close();
  }
  if (status.reboots) out.element("totalRebootCount", *status.reboots);
  return end(out);
}

std::string write_time(const TimeSettings& time, const Dialect& dialect) {
  auto out = begin(dialect, "Time");
  out.element("timeMode", time.mode);
  out.element("localTime", time.local_text);
  out.element("timeZone", time.zone_text);
  return end(out);
}

std::string write_streaming_channels(std::span<const StreamingChannel> channels, const Dialect& dialect) {
  auto out = begin(dialect, "StreamingChannelList");
  for (const auto& channel : channels) {
    out.open("StreamingChannel", attributes(dialect));
    streaming_channel(out, channel);
    out.close();
  }
  return end(out);
}

std::string write_streaming_channel(const StreamingChannel& channel, const Dialect& dialect) {
  auto out = begin(dialect, "StreamingChannel");
  streaming_channel(out, channel);
  return end(out);
}

std::string write_video_inputs(std::span<const VideoInput> inputs, const Dialect& dialect) {
  auto out = begin(dialect, "VideoInputChannelList");
  for (const auto& input : inputs) {
    out.open("VideoInputChannel", attributes(dialect));
    out.element("id", input.id);
    out.element("inputPort", input.port);
    out.element("videoInputEnabled", input.enabled);
    out.element("name", input.name);
    out.element("videoFormat", input.format);
    if (input.no_video) {
      out.element("resDesc", "NO VIDEO");
    } else if (!input.resolution.empty()) {
      out.element("resDesc", " " + input.resolution);
    }
    out.close();
  }
  return end(out);
}

std::string write_input_proxies(std::span<const InputProxy> proxies, const Dialect& dialect) {
  Writer out{dialect.newline};
  if (dialect.declaration) out.declaration();
  auto root = attributes(dialect);
  root.emplace_back("size", std::to_string(proxies.size()));
  out.open("InputProxyChannelList", root);
  for (const auto& proxy : proxies) {
    out.open("InputProxyChannel", attributes(dialect));
    out.element("id", proxy.id);
    out.element("name", proxy.name);
    out.open("sourceInputPortDescriptor");
    out.element("proxyProtocol", proxy.protocol);
    out.element("addressingFormatType", "ipaddress");
    out.element("ipAddress", proxy.address);
    out.element("managePortNo", proxy.port);
    out.element("srcInputPort", proxy.source_channel);
    out.element("userName", proxy.user);
    out.optional("connMode", proxy.plug_and_play ? "plugplay" : "");
    out.element("streamType", "auto");
    out.element("model", proxy.model);
    out.element("serialNumber", proxy.serial);
    out.element("firmwareVersion", proxy.firmware);
    out.element("deviceID", "");
    out.close();
    out.close();
  }
  return end(out);
}

std::string write_input_proxy_status(std::span<const InputProxyStatus> status, const Dialect& dialect) {
  auto out = begin(dialect, "InputProxyChannelStatusList");
  for (const auto& one : status) {
    out.open("InputProxyChannelStatus", attributes(dialect));
    out.element("id", one.id);
    if (one.online) out.element("online", *one.online);
    if (!one.streams.empty()) {
      out.open("streamingProxyChannelIdList");
      for (const auto id : one.streams) out.element("streamingProxyChannelId", id);
      out.close();
    }
    out.optional("chanDetectResult", one.detect_result);
    out.close();
  }
  return end(out);
}

std::string write_capabilities(const Capabilities& capabilities, const Dialect& dialect) {
  auto out = begin(dialect, "DeviceCap");
  out.open("SysCap");
  out.open("IOCap");
  out.element("IOInputPortNums", capabilities.io_inputs);
  out.element("IOOutputPortNums", capabilities.io_outputs);
  out.close();
  out.element("isSupportSubscribeEvent", capabilities.subscribe_event);
  out.element("isSupportMetadata", capabilities.metadata);
  out.close();
  out.element("voicetalkNums", capabilities.talk_channels);
  out.element("isSupportSnapshot", capabilities.snapshot);
  out.open("SecurityCap");
  out.element("issupIllegalLoginLock", capabilities.login_lock);
  out.element("isSupportStreamEncryption", capabilities.stream_encryption);
  out.element("isSupportUserCheck", capabilities.user_check);
  out.close();
  if (capabilities.input_proxies > 0) {
    out.open("RacmCap");
    out.element("inputProxyNums", capabilities.input_proxies);
    out.close();
  }
  return end(out);
}

std::string write_response_status(const ResponseStatus& status, const Dialect& dialect) {
  auto out = begin(dialect, "ResponseStatus");
  out.element("requestURL", status.url);
  out.element("statusCode", status.status_code);
  out.element("statusString", status.status_text);
  out.element("subStatusCode", status.sub_status);
  if (status.error_code != 0) {
    out.element("errorCode", status.error_code);
    out.element("errorMsg", status.error_text);
  }
  if (status.locked) out.element("lockStatus", "lock");
  if (status.attempts_left) out.element("retryTimes", *status.attempts_left);
  if (status.unlock_s > 0) out.element("resLockTime", status.unlock_s);
  return end(out);
}

std::string write_user_check(const UserCheck& check, const Dialect& dialect) {
  auto out = begin(dialect, "userCheck");
  out.element("statusValue", check.status);
  out.element("statusString", check.status_text);
  if (check.default_password) out.element("isDefaultPassword", *check.default_password);
  if (check.risk_password) out.element("isRiskPassword", *check.risk_password);
  if (check.activated) out.element("isActivated", *check.activated);
  if (check.locked || check.attempts_left) {
    out.element("lockStatus", check.locked ? "lock" : "unlock");
    out.element("unlockTime", check.unlock_s);
    out.element("retryLoginTime", check.attempts_left.value_or(0));
  }
  return end(out);
}

std::string write_alert(const Alert& alert, const Dialect& dialect, bool recorder) {
  auto out = begin(dialect, "EventNotificationAlert", false);
  out.element("ipAddress", alert.address);
  out.element("portNo", 80);
  out.element("protocol", "HTTP");
  out.element("macAddress", alert.mac);
  out.element(recorder ? "dynChannelID" : "channelID", alert.channel);
  out.element("dateTime", alert.time_text);
  if (alert.count) out.element("activePostCount", *alert.count);
  out.element("eventType", alert.type);
  out.element("eventState", word(alert.state));
  out.element("eventDescription", alert.description);
  regions(out, alert.regions);
  out.optional("inputIOPortID", alert.io_port);
  out.optional("channelName", alert.channel_name);
  out.optional("targetType", alert.target);
  if (!alert.related.empty()) {
    out.open("DurationList");
    out.open("Duration");
    out.element("relationEvent", alert.related);
    out.close();
    out.close();
  }
  if (!alert.serial.empty()) {
    out.open("Extensions", {{"version", "1.0"}, {"xmlns", std::string{kPsia}}});
    out.element("serialNumber", alert.serial);
    out.close();
  }
  return end(out);
}

Alert heartbeat(const DeviceInfo& info, std::string_view address, std::string_view time_text) {
  Alert alert;
  alert.type = alert.kind = "videoloss";
  alert.state = AlertState::inactive;
  alert.channel = 1;
  alert.channel_text = "1";
  alert.time_text = time_text;
  alert.time = parse_time(time_text);
  alert.count = 0;
  alert.description = "videoloss alarm";
  alert.address = address;
  alert.mac = info.mac;
  alert.heartbeat = true;
  return alert;
}

ResponseStatus status_ok(std::string_view url) {
  ResponseStatus status;
  status.url = url;
  status.status_code = 1;
  status.status_text = "OK";
  status.sub_status = "ok";
  return status;
}
ResponseStatus status_not_supported(std::string_view url) {
  return refusal(url, 4, "Invalid Operation", "notSupport", 1);
}
ResponseStatus status_low_privilege(std::string_view url) {
  return refusal(url, 4, "Invalid Operation", "lowPrivilege", 2);
}
ResponseStatus status_method_not_allowed(std::string_view url) {
  return refusal(url, 4, "Invalid Operation", "methodNotAllowed", 4);
}
ResponseStatus status_busy(std::string_view url) { return refusal(url, 2, "Device Busy", "deviceBusy", 4); }
ResponseStatus status_bad_xml(std::string_view url) {
  return refusal(url, 6, "Invalid XML Content", "badXmlContent", 3);
}

int http_status(const ResponseStatus& status) {
  switch (status.status_code) {
    case 0:
    case 1:
    case 7:
      return 200;
    case 2:
      return 503;
    case 3:
      return 500;
    case 4:
      return iequals(status.sub_status, "badAuthorization") ? 401 : 403;
    default:
      return 400;
  }
}

}  // namespace camfleet::isapi
