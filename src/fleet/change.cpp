#include "fleet/change.h"

#include <algorithm>

#include "proto/url/url.h"

namespace camfleet::fleet {

std::string_view to_text(Effect effect) {
  switch (effect) {
    case Effect::none:
      return "none";
    case Effect::added:
      return "added";
    case Effect::edited:
      return "edited";
    case Effect::reconnected:
      return "reconnected";
    case Effect::enabled:
      return "enabled";
    case Effect::disabled:
      return "disabled";
    case Effect::removed:
      return "removed";
  }
  return "none";
}

DevicePatch DevicePatch::copy() const {
  DevicePatch out;
  out.name = name;
  out.drivers = drivers;
  out.address = address;
  out.http_port = http_port;
  out.https_port = https_port;
  out.rtsp_port = rtsp_port;
  out.sdk_port = sdk_port;
  out.sdk_login = sdk_login;
  out.sdk_tls = sdk_tls;
  out.username = username;
  out.password = password.copy();
  out.no_password = no_password;
  out.url = url;
  out.transport = transport;
  out.timezone = timezone;
  out.tags = tags;
  out.add_tags = add_tags;
  out.remove_tags = remove_tags;
  out.enabled = enabled;
  out.always_on = always_on;
  out.accept_identity = accept_identity;
  return out;
}

DevicePatch whole(NewDevice device) {
  auto& spec = device.spec;
  DevicePatch out;
  out.name = std::move(spec.name);
  out.drivers = std::move(spec.drivers);
  out.address = std::move(spec.address);
  out.http_port = spec.http_port;
  out.https_port = spec.https_port;
  out.rtsp_port = spec.rtsp_port;
  out.sdk_port = spec.sdk_port;
  out.sdk_login = std::move(spec.sdk_login);
  out.sdk_tls = spec.sdk_tls;
  out.username = std::move(spec.username);
  out.password = std::move(device.password);
  out.url = std::move(spec.url);
  out.transport = std::move(spec.transport);
  out.timezone = std::move(spec.timezone);
  out.tags = std::move(spec.tags);
  out.enabled = spec.enabled;
  out.always_on = spec.always_on;
  return out;
}

namespace {

void patch_tags(std::vector<std::string>& tags, DevicePatch& patch) {
  if (patch.tags) tags = std::move(*patch.tags);
  for (auto& tag : patch.add_tags)
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
  for (const auto& tag : patch.remove_tags) std::erase(tags, tag);
}

bool is_of_url(const model::DeviceSpec& spec) {
  const auto parsed = url::parse(spec.url);
  return parsed && parsed->url.host == spec.address;
}

}  // namespace

NewDevice patched(const model::DeviceSpec& spec, DevicePatch patch) {
  NewDevice out;
  auto& to = out.spec;
  to = spec;
  const auto put = [](auto& field, auto& given) {
    if (given) field = std::move(*given);
  };
  // An address that was taken from the url goes where the url goes.
  const bool follows = patch.url && *patch.url != spec.url && !patch.address && is_of_url(spec);
  // A login inside a new url is what the operator says now; it counts where the fields beside it say nothing.
  if (patch.url && !patch.username)
    if (const auto parsed = url::parse(*patch.url); parsed && parsed->has_login) to.username.clear();
  put(to.name, patch.name);
  put(to.drivers, patch.drivers);
  put(to.address, patch.address);
  put(to.http_port, patch.http_port);
  put(to.https_port, patch.https_port);
  put(to.rtsp_port, patch.rtsp_port);
  put(to.sdk_port, patch.sdk_port);
  put(to.sdk_login, patch.sdk_login);
  put(to.sdk_tls, patch.sdk_tls);
  put(to.username, patch.username);
  put(to.url, patch.url);
  put(to.transport, patch.transport);
  put(to.timezone, patch.timezone);
  put(to.enabled, patch.enabled);
  put(to.always_on, patch.always_on);
  patch_tags(to.tags, patch);
  if (follows && !to.url.empty()) to.address.clear();
  out.password = std::move(patch.password);
  return out;
}

bool same_reach(const model::DeviceSpec& a, const model::DeviceSpec& b) {
  return a.drivers == b.drivers && a.address == b.address && a.http_port == b.http_port &&
         a.https_port == b.https_port && a.rtsp_port == b.rtsp_port && a.sdk_port == b.sdk_port &&
         a.sdk_login == b.sdk_login && a.sdk_tls == b.sdk_tls && a.username == b.username && a.url == b.url &&
         a.transport == b.transport;
}

}  // namespace camfleet::fleet
