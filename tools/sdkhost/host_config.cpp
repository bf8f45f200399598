// What the library reads of a device that does not speak ISAPI.
#include <algorithm>
#include <cstring>
#include <memory>

#include "sdkhost/host.h"

namespace camfleet::sdkhost {
namespace {

constexpr std::uint32_t kShort = 11;  // what came is not what was asked for

// A channel without a camera has neither a device nor a link. What other kinds of sources say in the rest of
// the union is not known here, but all of them begin with whether they are on line.
IpChannel state_of(const abi::StreamMode& mode) {
  abi::IpChannel channel;
  std::memcpy(&channel, mode.of_kind, sizeof channel);
  if (channel.enable != 0) return IpChannel::online;
  const bool there = mode.kind != 0 || channel.device_low != 0 || channel.device_high != 0;
  return there ? IpChannel::offline : IpChannel::none;
}

}  // namespace

void Host::clock(Device& device, AskClock&, Answer& answer) {
  abi::Time time{};
  std::uint32_t size = 0;
  if (library_->call.NET_DVR_GetDVRConfig(device.user, abi::config_get_time, -1, &time, sizeof time, &size) ==
      0)
    return refused(answer);
  answer.body =
      encode_body(ClockResult{time.year, time.month, time.day, time.hour, time.minute, time.second});
}

void Host::ip_channels(Device& device, AskIpChannels& ask, Answer& answer) {
  // Holds what the recorder logs in to its cameras with.
  const std::unique_ptr<abi::IpChannelConfig, void (*)(abi::IpChannelConfig*)> config{
      new abi::IpChannelConfig{}, [](abi::IpChannelConfig* all) {
        ::explicit_bzero(all, sizeof *all);
        delete all;
      }};
  config->size = sizeof *config;
  std::uint32_t size = 0;
  if (library_->call.NET_DVR_GetDVRConfig(device.user, abi::config_get_ip_channels,
                                          static_cast<std::int32_t>(ask.group), config.get(), sizeof *config,
                                          &size) == 0)
    return refused(answer);
  if (size < sizeof *config) {
    answer.outcome = Outcome::library;
    answer.error = kShort;
    return;
  }
  IpChannelsResult told;
  told.groups = config->groups;
  for (const auto& mode : config->streams) told.channels.push_back(state_of(mode));
  answer.body = encode_body(told);
}

}  // namespace camfleet::sdkhost
