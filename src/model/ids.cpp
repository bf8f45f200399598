#include "model/ids.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::model {

Result<DeviceId> parse_device_id(std::string_view text) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto allowed = [&](char c) { return alnum(c) || c == '.' || c == '_' || c == '-'; };
  if (text.empty() || text.size() > 64 || !alnum(text.front()) || !std::ranges::all_of(text, allowed))
    return fail(Code::device_invalid, "id: wants [a-z0-9][a-z0-9._-]{0,63}");
  return DeviceId{std::string{text}};
}

std::string_view to_text(Profile profile) {
  switch (profile) {
    case Profile::main:
      return "main";
    case Profile::sub:
      return "sub";
    case Profile::third:
      return "third";
  }
  return "main";
}

Result<Profile> parse_profile(std::string_view text) {
  for (const auto profile : {Profile::main, Profile::sub, Profile::third})
    if (text == to_text(profile)) return profile;
  return fail(Code::device_no_channel, "profile: wants main, sub or third");
}

std::string to_text(const StreamKey& key) {
  return key.device.str() + '/' + std::to_string(key.channel) + '/' + std::string{to_text(key.profile)};
}

Result<StreamKey> parse_stream_key(std::string_view text) {
  StreamKey key;
  auto device = parse_device_id(take_until(text, '/'));
  if (!device) return fail(Code::device_unknown, "stream: no such device id");
  key.device = std::move(*device);
  if (text.empty()) return key;
  const auto channel = parse_int<std::uint16_t>(take_until(text, '/'));
  if (!channel || *channel == 0) return fail(Code::device_no_channel, "channel: wants 1 to 65535");
  key.channel = *channel;
  if (text.empty()) return key;
  const auto profile = parse_profile(text);
  if (!profile) return fail(profile.error());
  key.profile = *profile;
  return key;
}

}  // namespace camfleet::model
