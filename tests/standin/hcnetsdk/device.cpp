#include "device.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "faults.h"
#include "proto/isapi/channels.h"
#include "proto/isapi/device.h"
#include "proto/isapi/paths.h"
#include "proto/xml/document.h"

namespace camfleet::standin {
namespace {

constexpr std::string_view kAdminAccesses = "/ISAPI/Security/adminAccesses";

// A text of a field that may lack its zero.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

Where where_of(const abi::LoginInfo& login) {
  return {text_of(login.address), login.port, text_of(login.username), Secret{text_of(login.password)}};
}

std::uint16_t rtsp_port_of(std::string_view body) {
  const auto document = xml::parse(body);
  if (!document) return 554;
  for (const auto& entry : document->root().children("AdminAccessProtocol"))
    if (iequals(entry.text("protocol"), "RTSP")) return entry.integer<std::uint16_t>("portNo", 554);
  return 554;
}

}  // namespace

Device::Device(const abi::LoginInfo& login, Limits limits)
    : where_(where_of(login)), mode_(login.login_mode), limits_(limits), client_(where_.copy()) {}

std::uint32_t Device::log_in(abi::DeviceInfoV40& info) {
  const std::lock_guard guard{mutex_};
  const auto answer = client_.ask("GET", isapi::path::kDeviceInfo, {}, limits_);
  if (answer.attempts_left || answer.locked_seconds > 0) {
    info.lock_known = 1;
    info.attempts_left = static_cast<std::uint8_t>(std::clamp(answer.attempts_left.value_or(0), 0, 255));
    info.locked_seconds = static_cast<std::uint32_t>(answer.locked_seconds);
  }
  if (answer.error != 0) return answer.error;
  if (!answer.good()) return answer.status == 503 ? abi::error_busy : abi::error_failed;
  const auto said = isapi::parse_device_info(answer.body);
  if (!said) return abi::error_bad_data;

  // A recorder has IP channels, and counts them from 33 in the old protocol, from 1 where it has nothing
  // else.
  std::vector<isapi::InputProxy> proxies;
  if (const auto list = client_.ask("GET", isapi::path::kInputProxies, {}, limits_); list.good())
    proxies = isapi::parse_input_proxies(list.body).value_or(std::vector<isapi::InputProxy>{});
  recorder_ = !proxies.empty();
  channels_ = recorder_ ? static_cast<int>(proxies.size()) : 1;
  first_ = recorder_ && mode_ != abi::login_isapi ? 33 : 1;
  if (const auto ports = client_.ask("GET", kAdminAccesses, {}, limits_); ports.good())
    rtsp_port_ = rtsp_port_of(ports.body);
  client_.close();

  const int claimed = faults().channels >= 0 ? faults().channels : channels_;
  auto& basic = info.basic;
  std::memcpy(basic.serial, said->serial.data(), std::min(said->serial.size(), sizeof basic.serial));
  basic.type = recorder_ ? 76 : 31;
  basic.type_low = static_cast<std::uint8_t>(basic.type);
  if (recorder_) {
    basic.ip_channels_low = static_cast<std::uint8_t>(claimed);
    basic.ip_channels_high = static_cast<std::uint8_t>(claimed >> 8);
    basic.first_ip = static_cast<std::uint8_t>(first_);
    basic.disks = 1;
  } else {
    basic.analog_channels = static_cast<std::uint8_t>(claimed);
    basic.first_analog = 1;
  }
  info.encoding = 6;
  info.password_level = 2;
  info.login_mode = mode_ == abi::login_isapi ? 1 : 0;
  return abi::error_none;
}

IsapiAnswer Device::ask(std::string_view method, std::string_view target, std::string_view body) {
  const std::lock_guard guard{mutex_};
  auto answer = client_.ask(method, target, body, limits_);
  // A device takes few connections, and thousands of ours are many descriptors.
  client_.close();
  return answer;
}

int Device::own_channel(std::int32_t channel) const {
  const auto own = channel - first_ + 1;
  return own >= 1 && own <= channels_ ? own : 0;
}

std::int32_t Device::library_channel(int own) const { return own - 1 + first_; }

}  // namespace camfleet::standin
