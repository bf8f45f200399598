#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::isapi {

// GET /ISAPI/Security/userCheck, and the body of many a 401. Every element may be missing.
struct UserCheck {
  int status = 0;  // 200 or 401
  std::string status_text;
  std::optional<bool> activated;
  std::optional<bool> default_password;
  std::optional<bool> risk_password;
  bool locked = false;
  int unlock_s = 0;                  // until the lock ends
  std::optional<int> attempts_left;  // before it locks
  bool operator==(const UserCheck&) const = default;
};
Result<UserCheck> parse_user_check(std::string_view body);

// What the body of a 401 says of the login, whatever it is: userCheck, ResponseStatus, an HTML page or
// nothing.
struct LoginHints {
  bool locked = false;
  int unlock_s = 0;
  std::optional<int> attempts_left;
  bool stale = false;          // invalidOperation or an expired session: not a judgement of the password
  bool not_activated = false;  // the device has no password yet
  bool full = false;           // too many sessions, or busy: not a judgement of the password either
  bool operator==(const LoginHints&) const = default;
};
LoginHints login_hints(std::string_view body);

}  // namespace camfleet::isapi
