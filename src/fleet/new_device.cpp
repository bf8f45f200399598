#include "fleet/new_device.h"

#include <algorithm>

#include "base/text.h"
#include "proto/url/url.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kMostPassword = 128;

Result<void> tidy_url(NewDevice& device) {
  auto& spec = device.spec;
  if (spec.url.empty()) return {};
  auto parsed = url::parse(spec.url);
  if (!parsed) return fail(Code::device_invalid, "url: wants rtsp://host/path");
  spec.url = parsed->url.text();
  if (parsed->has_login) {
    if (spec.username.empty()) spec.username = parsed->user;
    if (device.password.empty()) device.password = std::move(parsed->password);
  }
  if (spec.address.empty()) {
    spec.address = parsed->url.host;
    spec.rtsp_port = parsed->url.effective_port();
  }
  return {};
}

// Names are checked when they are connected to, for only then their address counts.
Result<void> check_literal(const net::AddressGuard& guard, const std::string& host, std::uint16_t port) {
  if (net::is_odd_spelling(host))
    return fail(Code::net_forbidden_address, host + ": not the usual spelling of an address");
  const auto address = net::parse_address(host);
  if (!address) return {};
  return guard.check(net::Endpoint{net::normalised(*address), port});
}

}  // namespace

Result<void> prepare(NewDevice& device, const std::unordered_map<std::string, model::Driver*>& drivers,
                     const net::AddressGuard& guard) {
  auto& spec = device.spec;
  const auto tidied = tidy_url(device);
  if (!tidied) return tidied;
  spec.address = to_lower(spec.address);

  auto checked = spec;
  if (checked.id.empty()) checked.id = model::DeviceId{"generated"};
  if (const auto valid = model::validate(checked); !valid) return valid;
  if (device.password.reveal().size() > kMostPassword)
    return fail(Code::device_invalid, "password: at most 128 bytes");
  if (!is_utf8(spec.name)) return fail(Code::device_invalid, "name: wants UTF-8");
  for (auto it = spec.drivers.begin(); it != spec.drivers.end(); ++it) {
    if (!drivers.contains(*it))
      return fail(Code::device_no_driver, "drivers: " + clean_utf8(*it).substr(0, 64));
    if (std::find(spec.drivers.begin(), it, *it) != it)
      return fail(Code::device_invalid, "drivers: each once");
  }

  const bool only_rtsp = spec.drivers.size() == 1 && spec.drivers.front() == "rtsp";
  if (!only_rtsp) {
    const auto http = check_literal(guard, spec.address, spec.http_port);
    if (!http) return http;
  }
  const auto rtsp = check_literal(guard, spec.address, spec.rtsp_port);
  if (!rtsp || spec.url.empty()) return rtsp;
  const auto parsed = url::parse(spec.url);
  if (!parsed) return fail(Code::device_invalid, "url: wants rtsp://host/path");
  return check_literal(guard, parsed->url.host, parsed->url.effective_port());
}

std::string endpoint_of(const model::DeviceSpec& spec) {
  const auto& driver = spec.drivers.front();
  if (!spec.url.empty()) return driver + ' ' + spec.url;
  const auto port = driver == "rtsp" ? spec.rtsp_port : spec.http_port;
  return driver + ' ' + spec.address + ' ' + std::to_string(port);
}

std::string id_base(const model::DeviceSpec& spec) {
  auto base = slug(spec.name);
  if (base.empty()) base = slug(spec.address);
  return base.empty() ? "device" : base;
}

std::string slug(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool alnum = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (alnum || ((lower == '.' || lower == '_') && !out.empty())) {
      out += lower;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
    if (out.size() == 48) break;
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.' || out.back() == '_')) out.pop_back();
  return out;
}

}  // namespace camfleet::fleet
