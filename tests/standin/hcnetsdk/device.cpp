#include "device.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "faults.h"
#include "proto/isapi/channels.h"
#include "proto/isapi/paths.h"
#include "proto/url/url.h"
#include "proto/xml/document.h"

namespace camfleet::standin {
namespace {

constexpr std::string_view kAdminAccesses = "/ISAPI/Security/adminAccesses";

// What the real library asks after a login in ISAPI mode, in its order. Its own use of most answers is not
// known; ours is to ask, so that a device is seen to have them.
constexpr std::array<std::string_view, 9> kQuestions{"/SDK/language",
                                                     isapi::path::kDeviceInfo,
                                                     "/ISAPI/System/IO/inputs",
                                                     "/ISAPI/System/IO/outputs",
                                                     isapi::path::kVideoInputs,
                                                     isapi::path::kInputProxies,
                                                     "/ISAPI/ContentMgmt/ZeroVideo/channels",
                                                     "/ISAPI/System/TwoWayAudio/channels",
                                                     "/ISAPI/ContentMgmt/Storage/hdd"};

// A text of a field that may lack its zero.
template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, ::strnlen(field, N)};
}

Where where_of(const abi::LoginInfo& login) {
  return {text_of(login.address), login.port, text_of(login.username), Secret{text_of(login.password)},
          login.tls == abi::tls_on};
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
  const auto refused = [&info](const IsapiAnswer& by) {
    if (by.attempts_left || by.locked_seconds > 0) {
      info.lock_known = 1;
      info.attempts_left = static_cast<std::uint8_t>(std::clamp(by.attempts_left.value_or(0), 0, 255));
      info.locked_seconds = static_cast<std::uint32_t>(by.locked_seconds);
    }
    return by.error;
  };
  IsapiAnswer answer, list;
  if (mode_ == abi::login_isapi) {
    // Older devices have no such login: then it is Digest.
    const auto login = client_.log_in(limits_);
    if (login.error != 0 && login.error != abi::error_not_supported) return refused(login);
    if (login.error == 0) {
      const auto rights = "/ISAPI/Security/capabilities?username=" + url::percent_encode(where_.username);
      client_.ask("GET", rights, {}, limits_);
    }
    for (const auto question : kQuestions) {
      auto said = client_.ask("GET", question, {}, limits_);
      if (said.error != 0) return refused(said);
      if (question == isapi::path::kDeviceInfo) answer = std::move(said);
      if (question == isapi::path::kInputProxies) list = std::move(said);
    }
  } else {
    answer = client_.ask("GET", isapi::path::kDeviceInfo, {}, limits_);
    if (answer.error != 0) return refused(answer);
    list = client_.ask("GET", isapi::path::kInputProxies, {}, limits_);
  }
  if (!answer.good()) return answer.status == 503 ? abi::error_busy : abi::error_failed;
  const auto said = isapi::parse_device_info(answer.body);
  if (!said) return abi::error_bad_data;

  // A recorder has IP channels, and counts them from 33 in the old protocol, from 1 where it has nothing
  // else.
  std::vector<isapi::InputProxy> proxies;
  if (list.good()) proxies = isapi::parse_input_proxies(list.body).value_or(std::vector<isapi::InputProxy>{});
  recorder_ = !proxies.empty();
  channels_ = recorder_ ? static_cast<int>(proxies.size()) : 1;
  first_ = recorder_ && mode_ != abi::login_isapi ? 33 : 1;
  if (const auto ports = client_.ask("GET", kAdminAccesses, {}, limits_); ports.good())
    rtsp_port_ = rtsp_port_of(ports.body);
  client_.close();

  tell(*said, info.basic);
  info.encoding = 6;
  info.password_level = 2;
  info.login_mode = mode_ == abi::login_isapi ? 1 : 0;
  return abi::error_none;
}

// What the login says of the device; lies where those are wished for.
void Device::tell(const isapi::DeviceInfo& said, abi::DeviceInfoV30& basic) const {
  const auto wished = faults();
  const auto number = [](int lie, int truth) { return lie >= 0 ? lie : truth; };
  const int claimed = number(wished.channels, channels_);
  std::memcpy(basic.serial, said.serial.data(), std::min(said.serial.size(), sizeof basic.serial));
  basic.type = recorder_ ? 76 : 31;
  basic.type_low = static_cast<std::uint8_t>(basic.type);
  basic.disks = recorder_ ? 1 : 0;
  const int digital = number(wished.digital, recorder_ ? claimed : 0);
  basic.ip_channels_low = static_cast<std::uint8_t>(digital);
  basic.ip_channels_high = static_cast<std::uint8_t>(digital >> 8);
  basic.first_ip = static_cast<std::uint8_t>(number(wished.first_digital, recorder_ ? first_ : 0));
  basic.analog_channels = static_cast<std::uint8_t>(number(wished.analogue, recorder_ ? 0 : claimed));
  basic.first_analog = static_cast<std::uint8_t>(number(wished.first_analogue, recorder_ ? 0 : 1));
}

IsapiAnswer Device::ask(std::string_view method, std::string_view target, std::string_view body) {
  const std::lock_guard guard{mutex_};
  auto answer = client_.ask(method, target, body, limits_);
  if (answer.error == abi::error_not_logged_in) {
    answer = client_.log_in(limits_);
    if (answer.error == 0) answer = client_.ask(method, target, body, limits_);
  }
  // A device takes few connections, and thousands of ours are many descriptors.
  client_.close();
  return answer;
}

std::unique_ptr<IsapiClient> Device::new_client() {
  const std::lock_guard guard{mutex_};
  auto client = std::make_unique<IsapiClient>(where_.copy());
  client->use_session(client_.session());
  return client;
}

IsapiAnswer Device::beat() {
  if (mode_ != abi::login_isapi) return ask("GET", isapi::path::kUserCheck);
  return ask("PUT", "/ISAPI/Security/sessionHeartbeat");
}

void Device::log_out() {
  const std::lock_guard guard{mutex_};
  if (client_.session().empty()) return;
  client_.ask("PUT", "/ISAPI/Security/sessionLogout", {}, limits_);
  client_.close();
}

int Device::own_channel(std::int32_t channel) const {
  const auto own = channel - first_ + 1;
  return own >= 1 && own <= channels_ ? own : 0;
}

std::int32_t Device::library_channel(int own) const { return own - 1 + first_; }

}  // namespace camfleet::standin
