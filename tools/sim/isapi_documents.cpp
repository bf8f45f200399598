#include "sim/isapi_documents.h"

#include <fmt/format.h>

#include <vector>

#include "proto/isapi/paths.h"
#include "proto/isapi/write.h"
#include "sim/view.h"

namespace camfleet::sim {
namespace {

isapi::StreamingChannel streaming_channel(const Device& device, const Clips& clips, int channel, int stream) {
  // The encoder is set up for the clip of all; where a dome looks does not change that.
  const Clip& clip = *view_of(device, clips, 0, stream, device.clock().steady()).clip;
  const bool h265 = clip.codec() == h26x::Codec::h265;
  isapi::StreamingChannel out;
  out.id = isapi::stream_id(channel, stream);
  out.name = device.identity().nvr ? fmt::format("Camera {:02}", channel) : device.identity().name;
  out.video_input = channel;
  out.codec = h265 ? isapi::VideoCodec::h265 : isapi::VideoCodec::h264;
  out.codec_text = h265 ? "H.265" : "H.264";
  out.width = clip.width();
  out.height = clip.height();
  out.fps_x100 = static_cast<int>(kFramesPerSecond) * 100;
  out.bitrate_kbps = static_cast<int>(clip.kbps());
  out.gov_length = static_cast<int>(clip.gop());
  out.key_frame_interval_ms = static_cast<int>(clip.gop() * 1000 / kFramesPerSecond);
  if (clips.sounds.of(device.identity().audio) != nullptr) {
    out.audio_enabled = true;
    out.audio_codec = isapi_name_of(device.identity().audio);
  }
  return out;
}

std::string camera_address(const Device& device, int channel) {
  return fmt::format("192.168.{}.{}", 100 + device.identity().index % 100, channel);
}

isapi::InputProxyStatus proxy_status(const Device& device, int channel) {
  const auto& faults = device.faults();
  const bool away =
      faults.on(Fault::camera_away) && static_cast<int>(faults.amount(Fault::camera_away)) == channel;
  if (away) faults.count(Fault::camera_away);
  return {.id = channel,
          .online = !away,
          .detect_result = away ? "netUnreachable" : "connect",
          .streams = {isapi::stream_id(channel, 1), isapi::stream_id(channel, 2)}};
}

}  // namespace

std::string device_info_document(const Device& device) {
  return isapi::write_device_info(device.info(), device.dialect());
}

std::string status_document(const Device& device) {
  isapi::DeviceStatus status;
  status.time_text = device.local_time();
  status.up_time = std::chrono::floor<std::chrono::seconds>(device.clock().wall() - device.booted());
  // A steady figure, but not the same for all.
  status.cpu_percent = 20 + device.identity().index % 40;
  status.memory_usage = 60 + device.identity().index % 30;
  status.memory_available = 33'424;
  return isapi::write_device_status(status, device.dialect());
}

std::string time_document(const Device& device) {
  isapi::TimeSettings time;
  time.mode = "NTP";
  time.local_text = device.local_time();
  time.zone_text = isapi::format_zone(std::chrono::hours{8});
  return isapi::write_time(time, device.dialect());
}

std::string capabilities_document(const Device& device) {
  isapi::Capabilities capabilities;
  capabilities.snapshot = true;
  capabilities.user_check = true;
  capabilities.login_lock = device.settings().lock_after > 0;
  capabilities.input_proxies = device.identity().nvr ? device.identity().channels : 0;
  return isapi::write_capabilities(capabilities, device.dialect());
}

std::string streaming_channels_document(const Device& device, const Clips& clips) {
  std::vector<isapi::StreamingChannel> all;
  for (int channel = 1; channel <= device.identity().channels; ++channel)
    for (const int stream : {1, 2}) all.push_back(streaming_channel(device, clips, channel, stream));
  return isapi::write_streaming_channels(all, device.dialect());
}

std::string streaming_channel_document(const Device& device, const Clips& clips, int stream_id) {
  const int channel = isapi::channel_of(stream_id);
  const int stream = isapi::stream_of(stream_id);
  if (channel < 1 || channel > device.identity().channels || stream < 1 || stream > 2) return {};
  return isapi::write_streaming_channel(streaming_channel(device, clips, channel, stream), device.dialect());
}

std::string video_inputs_document(const Device& device) {
  const isapi::VideoInput input{.id = 1,
                                .port = 1,
                                .name = device.identity().name,
                                .format = "PAL",
                                .resolution = {},
                                .enabled = true,
                                .no_video = false};
  return isapi::write_video_inputs({&input, 1}, device.dialect());
}

std::string input_proxies_document(const Device& device) {
  std::vector<isapi::InputProxy> all;
  for (int channel = 1; channel <= device.identity().channels; ++channel) {
    isapi::InputProxy proxy;
    proxy.id = channel;
    proxy.name = fmt::format("Camera {:02}", channel);
    proxy.protocol = "HIKVISION";
    proxy.address = camera_address(device, channel);
    proxy.port = 8000;
    proxy.source_channel = 1;
    proxy.user = kUser;
    proxy.model = "DS-2CD2146G2-ISU";
    proxy.serial = fmt::format("DS-2CD2146G2-ISU20230601AAWRG{:06}{:03}", device.identity().index, channel);
    proxy.firmware = "V5.7.17 build 240606";
    all.push_back(std::move(proxy));
  }
  return isapi::write_input_proxies(all, device.dialect());
}

std::string input_proxy_status_document(const Device& device) {
  std::vector<isapi::InputProxyStatus> all;
  for (int channel = 1; channel <= device.identity().channels; ++channel)
    all.push_back(proxy_status(device, channel));
  return isapi::write_input_proxy_status(all, device.dialect());
}

std::string input_proxy_status_document(const Device& device, int channel) {
  if (channel < 1 || channel > device.identity().channels) return {};
  const auto status = proxy_status(device, channel);
  return isapi::write_input_proxy_status({&status, 1}, device.dialect());
}

}  // namespace camfleet::sim
