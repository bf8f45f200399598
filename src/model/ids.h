#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"

namespace camfleet::model {

using DeviceId = StrongId<struct DeviceTag>;

// A slug: [a-z0-9][a-z0-9._-]{0,63}.
Result<DeviceId> parse_device_id(std::string_view text);

// Which encoding of a channel; the number is the vendor's stream number.
enum class Profile : std::uint8_t { main = 1, sub = 2, third = 3 };
std::string_view to_text(Profile profile);
Result<Profile> parse_profile(std::string_view text);

// What a viewer asks for. Channels count from 1.
struct StreamKey {
  DeviceId device;
  std::uint16_t channel = 1;
  Profile profile = Profile::main;

  friend auto operator<=>(const StreamKey&, const StreamKey&) = default;
};
// "gate-7/1/main"
std::string to_text(const StreamKey& key);
// Takes "gate-7", "gate-7/2" and "gate-7/2/sub"; what is left out is channel 1 and main.
Result<StreamKey> parse_stream_key(std::string_view text);

}  // namespace camfleet::model

template <>
struct std::hash<camfleet::model::StreamKey> {
  std::size_t operator()(const camfleet::model::StreamKey& key) const noexcept {
    return std::hash<camfleet::model::DeviceId>{}(key.device) * 31 + key.channel * 4U +
           static_cast<std::size_t>(key.profile);
  }
};
