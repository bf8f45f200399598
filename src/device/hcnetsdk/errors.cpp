#include "device/hcnetsdk/errors.h"

#include <algorithm>
#include <string>

namespace camfleet::device::hcnetsdk {
namespace {

constexpr std::uint32_t kWrongPassword = 1;
constexpr std::uint32_t kLocked = 153;
// A wrong password with attempts that count down to this is a lock that the next attempt makes.
constexpr int kLongestLockS = 86'400;

}  // namespace

// By the classes of the vendor's error list: what to do about each is the supervisor's business
// (fleet/verdict.h).
Code code_of(std::uint32_t number) {
  switch (number) {
    case 0:
      return Code::ok;
    case kWrongPassword:  // wrong user or password
    case 26:              // the form of a password
    case 47:              // no such user
    case 152:             // no such user name
    case 183:             // access key
    case 401:             // of its RTSP
      return Code::device_bad_credentials;
    case kLocked:
      return Code::device_locked;
    case 2:   // no permission
    case 13:  // operation not permitted
    case 55:  // our address
    case 56:  // our hardware address
    case 102:
      return Code::device_forbidden;
    case 250:
    case 251:
      return Code::device_not_activated;
    case 5:    // connections of the device
    case 52:   // users of the device
    case 426:  // streams, by its RTSP
    case 800:  // bandwidth of the device
    case 889:
      return Code::device_sessions_full;
    case 24:
    case 27:
    case 28:
    case 31:
    case 36:
    case 90:
    case 402:
      return Code::device_busy;
    case 46:  // the library holds no more
    case 86:
    case 87:
      return Code::sdk_hosts_full;
    case 7:
      return Code::net_unreachable;
    case 8:
    case 73:
      return Code::net_closed;
    case 9:
      return Code::net_reset;
    case 10:
    case 14:
    case 411:
    case 413:
    case 421:
    case 423:
    case 431:
    case 433:
      return Code::net_timeout;
    case 11:
    case 6:
    case 105:
    case 151:
      return Code::device_unexpected_answer;
    case 29:  // the device refused; libcrypto that is missing looks the same
      return Code::device_error;
    case 83:  // the recorder's camera is away
      return Code::device_offline;
    case 159:
      return Code::tls_handshake_failed;
    case 147:
      return Code::tls_certificate_refused;
    // Its own files are incomplete: crypto, TLS, text and stream conversion, its components.
    case 84:
    case 85:
    case 107:
    case 108:
    case 109:
    case 110:
    case 111:
    case 112:
    case 113:
    case 114:
    case 115:
    case 148:
    case 149:
    case 156:
    case 157:
    case 158:
    case 161:
    case 162:
      return Code::sdk_unreadable;
    case 4:
    case 18:
    case 404:
      return Code::device_no_channel;
    case 23:
    case 91:
    case 98:
    case 155:
    case 189:
      return Code::device_not_supported;
    default:
      return Code::sdk_failed;
  }
}

bool decides_login(Code code) {
  return code == Code::device_bad_credentials || code == Code::device_locked ||
         code == Code::device_forbidden || code == Code::device_not_activated ||
         code == Code::device_sessions_full || code == Code::device_busy || code == Code::sdk_host_lost ||
         code == Code::sdk_host_hung || code == Code::sdk_host_recycled || code == Code::sdk_hosts_full ||
         code == Code::net_no_slot || code == Code::auth_secret_unreadable;
}

bool ends_session(Code code) {
  const auto word = name(code);
  return word.starts_with("net.") || word.starts_with("tls.") || word.starts_with("sdk.host") ||
         decides_login(code);
}

Error error_of(const sdkhost::Answer& answer, const char* what) {
  std::string place{what};
  switch (answer.outcome) {
    case sdkhost::Outcome::library: {
      place += ": error " + std::to_string(answer.error);
      if (!answer.text.empty()) place += " (" + answer.text + ')';
      return {code_of(answer.error), std::move(place)};
    }
    case sdkhost::Outcome::busy:
      return {Code::net_no_slot, place + ": too much waits for the library"};
    case sdkhost::Outcome::expired:
      return {Code::net_timeout, place + ": it waited too long for the library"};
    case sdkhost::Outcome::too_large:
      return {Code::device_unexpected_answer, place + ": more than we take"};
    case sdkhost::Outcome::unknown:
      return {Code::net_closed, place + ": logged out"};
    default:
      return {Code::sdk_failed, place + ": " + answer.text};
  }
}

Error login_error(const sdkhost::Answer& answer) {
  auto why = error_of(answer, "login");
  const auto told = sdkhost::decode_body<sdkhost::LoginResult>(answer.body);
  if (!told || !told->lock_told) return why;
  if (why.code == Code::device_locked)
    why.retry_after_s = static_cast<int>(std::min<std::uint32_t>(told->lock_seconds, kLongestLockS));
  if (why.code == Code::device_bad_credentials)
    why.place += ", " + std::to_string(told->attempts_left) + " attempts left";
  return why;
}

}  // namespace camfleet::device::hcnetsdk
