#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/isapi/write.h"

namespace camfleet::isapi {

// The login of the web pages, for devices that offer no Digest: a challenge is asked for, the password is
// answered as a hash, and a cookie stands for the session.

// GET /ISAPI/Security/sessionLogin/capabilities?username=...
struct SessionLoginCap {
  std::string session_id;
  std::string challenge;
  int iterations = 100;
  bool irreversible = false;  // the device keeps no password, but a salted hash of it
  std::string salt, salt2;    // texts, whatever they look like
  std::string version;        // sessionIDVersion: "", "2", "2.1"
  bool rtsp_with_session = false;
  bool operator==(const SessionLoginCap&) const = default;
};
// device.unexpected_answer for another document, and for iterations outside 2 to 10,000.
Result<SessionLoginCap> parse_session_login_cap(std::string_view body);

// What stands for the password: SHA-256, 64 lower-case hexadecimal digits. A form that is told apart by what
// the capabilities say: reversible, irreversible with a salt, and with a second one.
std::string session_password(const SessionLoginCap& cap, std::string_view user, std::string_view password);

// The body of POST /ISAPI/Security/sessionLogin.
struct SessionLogin {
  std::string user;
  std::string password;  // the hash
  std::string session_id;
  std::string version;
  bool operator==(const SessionLogin&) const = default;
};
Result<SessionLogin> parse_session_login(std::string_view body);
std::string write_session_login(const SessionLogin& login);

// "WebSession_ab12=cd34" out of a Set-Cookie value; nothing where it is no session of a device.
std::optional<std::string> session_cookie(std::string_view set_cookie);

std::string write_session_login_cap(const SessionLoginCap& cap, const Dialect& dialect);

}  // namespace camfleet::isapi
