#include "model/device.h"

#include <algorithm>

namespace camfleet::model {
namespace {

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}
bool host_like(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
  });
}

}  // namespace

Result<void> validate(const DeviceSpec& spec) {
  const auto bad = [](const char* what) { return fail(Code::device_invalid, what); };
  if (const auto id = parse_device_id(spec.id.str()); !id) return fail(id.error());
  if (spec.name.size() > 256 || !printable(spec.name))
    return bad("name: at most 256 bytes, no control characters");
  if (spec.drivers.empty() || spec.drivers.size() > 4) return bad("drivers: wants one to four");
  const bool by_url = std::ranges::find(spec.drivers, "rtsp") != spec.drivers.end();
  if (spec.address.empty() && !(by_url && !spec.url.empty())) return bad("address: missing");
  if (!spec.address.empty() && !host_like(spec.address))
    return bad("address: wants a host name or an IP address");
  if (!spec.url.empty() && (spec.url.size() > 2048 || !printable(spec.url)))
    return bad("url: at most 2048 bytes");
  if (!spec.url.empty() && !spec.url.starts_with("rtsp://")) return bad("url: wants rtsp://");
  if (spec.http_port == 0) return bad("http_port: wants 1 to 65535");
  if (spec.rtsp_port == 0) return bad("rtsp_port: wants 1 to 65535");
  if (spec.username.size() > 128 || !printable(spec.username)) return bad("username: at most 128 bytes");
  if (spec.sdk_login != "auto" && spec.sdk_login != "private" && spec.sdk_login != "isapi")
    return bad("sdk_login: wants auto, private or isapi");
  if (spec.transport != "tcp" && spec.transport != "udp" && spec.transport != "auto")
    return bad("transport: wants tcp, udp or auto");
  if (spec.tags.size() > 32) return bad("tags: at most 32");
  for (const auto& tag : spec.tags)
    if (tag.empty() || tag.size() > 64 || !printable(tag)) return bad("tags: each 1 to 64 bytes");
  return {};
}

std::string_view to_text(DeviceState state) {
  switch (state) {
    case DeviceState::disabled:
      return "disabled";
    case DeviceState::waiting:
      return "waiting";
    case DeviceState::connecting:
      return "connecting";
    case DeviceState::online:
      return "online";
    case DeviceState::degraded:
      return "degraded";
    case DeviceState::backoff:
      return "backoff";
    case DeviceState::rejected:
      return "rejected";
    case DeviceState::locked:
      return "locked";
  }
  return "waiting";
}

}  // namespace camfleet::model
