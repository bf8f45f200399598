#include "proto/isapi/channels.h"

#include "base/text.h"
#include "proto/isapi/root.h"

namespace camfleet::isapi {
namespace {

VideoCodec codec_of(std::string_view text) {
  const auto name = to_lower(text);
  if (name.starts_with("h.265") || name == "h265" || name == "hevc") return VideoCodec::h265;
  if (name.starts_with("h.264") || name == "h264" || name == "avc") return VideoCodec::h264;
  if (name == "mjpeg" || name == "mjpg") return VideoCodec::mjpeg;
  return VideoCodec::unknown;
}

StreamingChannel streaming_channel(const xml::Node& node) {
  StreamingChannel channel;
  channel.id = node.integer("id");
  channel.name = node.text("channelName");
  channel.enabled = node.boolean("enabled", true);
  const auto video = node.child("Video");
  channel.video_input = video.number("dynVideoInputChannelID").value_or(video.integer("videoInputChannelID"));
  channel.codec_text = video.text("videoCodecType");
  channel.codec = codec_of(channel.codec_text);
  channel.width = video.integer("videoResolutionWidth");
  channel.height = video.integer("videoResolutionHeight");
  channel.fps_x100 = video.integer("maxFrameRate");
  channel.variable_rate = iequals(video.text("videoQualityControlType"), "VBR");
  const auto constant = video.number("constantBitRate");
  const auto upper = video.number("vbrUpperCap");
  channel.bitrate_kbps =
      (channel.variable_rate ? upper : constant).value_or(upper.value_or(constant.value_or(0)));
  channel.gov_length = video.integer("GovLength");
  channel.key_frame_interval_ms = video.integer("keyFrameInterval");
  channel.smart_codec = video.boolean("SmartCodec/enabled");
  channel.audio_enabled = node.boolean("Audio/enabled");
  channel.audio_codec = node.text("Audio/audioCompressionType");
  return channel;
}

VideoInput video_input(const xml::Node& node) {
  VideoInput input;
  input.id = node.integer("id");
  input.port = node.integer("inputPort");
  input.name = node.text("name");
  input.format = node.text("videoFormat");
  input.resolution = node.text("resDesc");
  input.enabled = node.boolean("videoInputEnabled", true);
  input.no_video = iequals(input.resolution, "NO VIDEO");
  return input;
}

InputProxy input_proxy(const xml::Node& node) {
  InputProxy proxy;
  proxy.id = node.integer("id");
  proxy.name = node.text("name");
  const auto source = node.child("sourceInputPortDescriptor");
  proxy.protocol = source.text("proxyProtocol");
  proxy.address = source.text("ipAddress");
  if (proxy.address.empty()) proxy.address = source.text("hostName");
  proxy.port = source.integer("managePortNo");
  proxy.source_channel = source.integer("srcInputPort");
  proxy.user = source.text("userName");
  proxy.model = source.text("model");
  proxy.serial = source.text("serialNumber");
  proxy.firmware = source.text("firmwareVersion");
  proxy.plug_and_play = iequals(source.text("connMode"), "plugplay");
  return proxy;
}

InputProxyStatus input_proxy_status(const xml::Node& node) {
  InputProxyStatus status;
  status.id = node.integer("id");
  status.online = node.flag("online");
  if (!status.online) status.online = node.flag("sourceInputPortDescriptor/online");  // some firmwares
  status.detect_result = node.text("chanDetectResult");
  for (const auto& id : node.child("streamingProxyChannelIdList").children("streamingProxyChannelId")) {
    if (const auto number = id.number()) status.streams.push_back(*number);
  }
  return status;
}

// Each item of a list, or the single item; those without a number above 0 are left out.
template <class Item>
Result<std::vector<Item>> list(std::string_view body, std::initializer_list<std::string_view> roots,
                               std::string_view item, Item (*read)(const xml::Node&)) {
  const auto document = open_document(body, roots);
  if (!document) return fail(document.error());
  std::vector<Item> out;
  for (const auto& node : items(*document, item)) {
    auto value = read(node);
    if (value.id > 0) out.push_back(std::move(value));
  }
  return out;
}

}  // namespace

Result<std::vector<StreamingChannel>> parse_streaming_channels(std::string_view body) {
  return list(body, {"StreamingChannelList", "StreamingChannel"}, "StreamingChannel", streaming_channel);
}

Result<std::vector<VideoInput>> parse_video_inputs(std::string_view body) {
  return list(body, {"VideoInputChannelList", "VideoInputChannel"}, "VideoInputChannel", video_input);
}

Result<std::vector<InputProxy>> parse_input_proxies(std::string_view body) {
  return list(body, {"InputProxyChannelList", "InputProxyChannel"}, "InputProxyChannel", input_proxy);
}

Result<std::vector<InputProxyStatus>> parse_input_proxy_status(std::string_view body) {
  return list(body, {"InputProxyChannelStatusList", "InputProxyChannelStatus"}, "InputProxyChannelStatus",
              input_proxy_status);
}

}  // namespace camfleet::isapi
