#include "api/device_patch.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostPassword = 128;

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(Code::device_invalid, clean_utf8(name.substr(0, 64)) + ": " + std::string{what});
}

// Each reads one member: null is the default, another type is an error.
Result<void> read(std::string_view name, const json::value& value, const std::string& standard,
                  std::optional<std::string>& to) {
  if (!value.is_null() && !value.is_string()) return wrong(name, "wants a text");
  to = value.is_null() ? standard : std::string{std::string_view{value.get_string()}};
  return {};
}
Result<void> read(std::string_view name, const json::value& value, std::uint16_t standard,
                  std::optional<std::uint16_t>& to) {
  const auto* number = value.if_int64();
  if (!value.is_null() && (number == nullptr || *number < 1 || *number > 65535))
    return wrong(name, "wants 1 to 65535");
  to = value.is_null() ? standard : static_cast<std::uint16_t>(*number);
  return {};
}
Result<void> read(std::string_view name, const json::value& value, bool standard, std::optional<bool>& to) {
  if (!value.is_null() && !value.is_bool()) return wrong(name, "wants true or false");
  to = value.is_null() ? standard : value.get_bool();
  return {};
}
Result<std::vector<std::string>> texts(std::string_view name, const json::value& value) {
  constexpr std::size_t kMost = 64;
  if (!value.is_array() || value.get_array().size() > kMost) return wrong(name, "wants a list of texts");
  std::vector<std::string> out;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return wrong(name, "wants a list of texts");
    out.emplace_back(std::string_view{item.get_string()});
  }
  return out;
}
Result<void> read(std::string_view name, const json::value& value, const std::vector<std::string>& standard,
                  std::optional<std::vector<std::string>>& to) {
  if (value.is_null()) {
    to = standard;
    return {};
  }
  auto list = texts(name, value);
  if (!list) return fail(list.error());
  to = std::move(*list);
  return {};
}
Result<void> read_list(std::string_view name, const json::value& value, std::vector<std::string>& to) {
  auto list = texts(name, value);
  if (!list) return fail(list.error());
  to = std::move(*list);
  return {};
}

Result<void> read_password(const json::value& value, fleet::DevicePatch& patch) {
  if (value.is_null()) {
    patch.no_password = true;
    return {};
  }
  if (!value.is_string()) return wrong("password", "wants a text");
  if (value.get_string().size() > kMostPassword) return wrong("password", "at most 128 bytes");
  patch.password = Secret{std::string{std::string_view{value.get_string()}}};
  return {};
}

Result<void> read_member(std::string_view name, const json::value& value, std::string_view id,
                         fleet::DevicePatch& to) {
  static const model::DeviceSpec kStandard;
  if (name == "name") return read(name, value, kStandard.name, to.name);
  if (name == "drivers") return read(name, value, kStandard.drivers, to.drivers);
  if (name == "address") return read(name, value, kStandard.address, to.address);
  if (name == "http_port") return read(name, value, kStandard.http_port, to.http_port);
  if (name == "https_port") return read(name, value, kStandard.https_port, to.https_port);
  if (name == "rtsp_port") return read(name, value, kStandard.rtsp_port, to.rtsp_port);
  if (name == "sdk_port") return read(name, value, kStandard.sdk_port, to.sdk_port);
  if (name == "sdk_login") return read(name, value, kStandard.sdk_login, to.sdk_login);
  if (name == "sdk_tls") return read(name, value, kStandard.sdk_tls, to.sdk_tls);
  if (name == "username") return read(name, value, kStandard.username, to.username);
  if (name == "password") return read_password(value, to);
  if (name == "url") return read(name, value, kStandard.url, to.url);
  if (name == "transport") return read(name, value, kStandard.transport, to.transport);
  if (name == "timezone") return read(name, value, kStandard.timezone, to.timezone);
  if (name == "tags") return read(name, value, kStandard.tags, to.tags);
  if (name == "add_tags") return read_list(name, value, to.add_tags);
  if (name == "remove_tags") return read_list(name, value, to.remove_tags);
  if (name == "enabled") return read(name, value, kStandard.enabled, to.enabled);
  if (name == "always_on") return read(name, value, kStandard.always_on, to.always_on);
  if (name == "accept_identity") {
    std::optional<bool> accept;
    const auto done = read(name, value, false, accept);
    to.accept_identity = accept.value_or(false);
    return done;
  }
  if (name == "driver") {
    std::optional<std::string> one;
    const auto done = read(name, value, kStandard.drivers.front(), one);
    if (one) to.drivers = std::vector<std::string>{*one};
    return done;
  }
  if (name == "id") {
    if (value.is_string() && std::string_view{value.get_string()} == id) return {};
    return wrong(name, "never changes");
  }
  return wrong(name, "there is no such field");
}

}  // namespace

Result<fleet::DevicePatch> patch_from_json(const json::object& patch, std::string_view id) {
  fleet::DevicePatch out;
  for (const auto& member : patch) {
    const auto done = read_member(member.key(), member.value(), id, out);
    if (!done) return fail(done.error());
  }
  return out;
}

void wipe_secrets(json::object& object) {
  for (const char* name : {"password", "url"})
    if (auto* value = object.if_contains(name); value != nullptr && value->is_string())
      std::fill(value->get_string().begin(), value->get_string().end(), '\0');
}

}  // namespace camfleet::api
