#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "model/device.h"
#include "proto/sdkhost/message.h"

namespace camfleet::device::hcnetsdk {

inline constexpr std::uint32_t kGroup = 64;  // IP channels that the library tells at once

// How many groups of IP channels there are to be asked for, by what the login and the first group say.
std::uint32_t groups_of(const sdkhost::LoginResult& login, std::uint32_t told);

// The channels of a device that does not speak ISAPI, Channels::kMost at most: those of its own, and of the
// IP channels (as far as they were told, else all that the login counts) those that have a camera. Names are
// not known.
std::vector<model::Channel> channels_of(const sdkhost::LoginResult& login,
                                        std::span<const sdkhost::IpChannel> ip);

}  // namespace camfleet::device::hcnetsdk
