#include "device/hikvision/facts.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::device {
namespace {

constexpr int kMaxChannel = 1024;

model::Codec to_model(isapi::VideoCodec codec) {
  switch (codec) {
    case isapi::VideoCodec::h264:
      return model::Codec::h264;
    case isapi::VideoCodec::h265:
      return model::Codec::h265;
    case isapi::VideoCodec::mjpeg:
      return model::Codec::mjpeg;
    case isapi::VideoCodec::unknown:
      break;
  }
  return model::Codec::unknown;
}

// What is not in here may still be heard: the stream says what it is.
model::Codec sound_of(const isapi::StreamingChannel& stream) {
  if (!stream.audio_enabled) return model::Codec::unknown;
  if (stream.audio_codec == "G.711ulaw") return model::Codec::pcmu;
  if (stream.audio_codec == "G.711alaw") return model::Codec::pcma;
  if (stream.audio_codec == "G.726") return model::Codec::g726;
  if (stream.audio_codec == "AAC") return model::Codec::aac;
  if (stream.audio_codec == "MP2L2") return model::Codec::mp2;
  return model::Codec::unknown;
}

std::string_view kind_of(const IsapiAnswers& answers) {
  switch (answers.kind) {
    case isapi::DeviceKind::camera:
      return "ipc";
    case isapi::DeviceKind::recorder:
      return istarts_with(answers.info.type, "DVR") ? "dvr" : "nvr";
    case isapi::DeviceKind::access:
      return "access";
    default:
      return isapi::name(answers.kind);
  }
}

model::Channel* channel(std::vector<model::Channel>& channels, int number) {
  if (number < 1 || number > kMaxChannel) return nullptr;
  const auto found = std::ranges::find(channels, number, &model::Channel::number);
  if (found != channels.end()) return &*found;
  auto& made = channels.emplace_back();
  made.number = static_cast<std::uint16_t>(number);
  return &made;
}

template <class T>
T clamped(int value) {
  return static_cast<T>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<T>::max()));
}

}  // namespace

model::DeviceFacts facts_of(IsapiAnswers answers) {
  model::DeviceFacts facts;
  facts.kind = kind_of(answers);
  facts.model = std::move(answers.info.model);
  facts.serial = std::move(answers.info.serial);
  facts.mac = std::move(answers.info.mac);
  facts.firmware = std::move(answers.info.firmware);
  if (!answers.info.firmware_build.empty()) facts.firmware += " " + answers.info.firmware_build;
  facts.clock_offset_ms = answers.clock_offset_ms;

  auto& channels = facts.channels;
  const bool recorder = answers.kind == isapi::DeviceKind::recorder;
  const bool streams_told = answers.streams && !answers.streams->empty();
  if ((recorder || !streams_told) && answers.inputs)
    for (auto& input : *answers.inputs)
      if (auto* made = channel(channels, input.id)) {
        made->name = std::move(input.name);
        made->online = !input.no_video;
      }
  if (answers.proxies)
    for (auto& proxy : *answers.proxies)
      if (auto* made = channel(channels, proxy.id)) made->name = std::move(proxy.name);
  if (answers.proxy_status)
    for (const auto& status : *answers.proxy_status)
      if (status.online)
        if (auto* made = channel(channels, status.id)) made->online = *status.online;
  if (answers.streams)
    for (auto& stream : *answers.streams) {
      // Cameras before 5.x number their one stream 1.
      const int number = stream.id < 100 ? stream.id : stream.channel();
      const int profile = stream.id < 100 ? 1 : stream.stream();
      auto* made = channel(channels, number);
      if (made == nullptr || profile < 1 || profile > 3) continue;
      if (made->name.empty()) made->name = std::move(stream.name);
      if (!stream.enabled) continue;
      model::ProfileInfo info;
      info.profile = static_cast<model::Profile>(profile);
      info.codec = to_model(stream.codec);
      info.width = clamped<std::uint16_t>(stream.width);
      info.height = clamped<std::uint16_t>(stream.height);
      info.fps_x100 = clamped<std::uint16_t>(stream.fps_x100);
      info.bitrate_kbps = clamped<std::uint32_t>(stream.bitrate_kbps);
      info.audio = sound_of(stream);
      made->profiles.push_back(info);
    }
  // A camera that tells nothing has one picture all the same; what it is, its stream will say.
  if (channels.empty() && answers.kind == isapi::DeviceKind::camera) (void)channel(channels, 1);
  if (!streams_told)
    for (auto& one : channels)
      if (one.profiles.empty()) one.profiles.push_back({});
  // What can be moved says so by its kind; behind a recorder only trying tells, for it answers for every
  // channel.
  const bool moves = istarts_with(answers.info.type, "IPDome") || istarts_with(answers.info.type, "IPZoom");
  for (auto& one : channels) one.ptz = moves;
  std::ranges::sort(channels, {}, &model::Channel::number);
  for (auto& one : channels) {
    std::ranges::sort(one.profiles, {}, &model::ProfileInfo::profile);
    one.profiles.shrink_to_fit();
  }
  channels.shrink_to_fit();
  return facts;
}

}  // namespace camfleet::device
