#include "device/hcnetsdk/ip_channels.h"

#include <algorithm>

#include "device/hcnetsdk/channels.h"

namespace camfleet::device::hcnetsdk {

std::uint32_t groups_of(const sdkhost::LoginResult& login, std::uint32_t told) {
  const auto counted = std::min<std::uint32_t>(login.digital, Channels::kMost);
  return std::min(told, (counted + kGroup - 1) / kGroup);
}

std::vector<model::Channel> channels_of(const sdkhost::LoginResult& login,
                                        std::span<const sdkhost::IpChannel> ip) {
  std::vector<model::Channel> out;
  const auto all = std::min<std::uint32_t>(std::uint32_t{login.analogue} + login.digital, Channels::kMost);
  for (std::uint32_t number = 1; number <= all; ++number) {
    auto state = sdkhost::IpChannel::online;
    if (number > login.analogue && !ip.empty()) {
      const auto index = number - login.analogue - 1;
      state = index < ip.size() ? ip[index] : sdkhost::IpChannel::none;
    }
    if (state == sdkhost::IpChannel::none) continue;
    auto& channel = out.emplace_back();
    channel.number = static_cast<std::uint16_t>(number);
    channel.online = state == sdkhost::IpChannel::online;
    channel.profiles.push_back({});
  }
  return out;
}

}  // namespace camfleet::device::hcnetsdk
