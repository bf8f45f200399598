#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::isapi {

// How a device says yes or no, in XML or JSON. Always read the body: a refusal may come with HTTP 200.
struct ResponseStatus {
  std::string url;
  int status_code = 0;      // 1 (and 0 of some) is OK, 7 OK after a reboot
  std::string status_text;  // "Invalid Operation"
  std::string sub_status;   // "notSupport"
  std::uint32_t error_code = 0;
  std::string error_text;
  bool locked = false;  // lockStatus
  std::optional<int> attempts_left;
  int unlock_s = 0;
  bool operator==(const ResponseStatus&) const = default;
};
Result<ResponseStatus> parse_response_status(std::string_view body);

// What to do about it.
enum class Answer : std::uint8_t {
  ok,
  reboot_required,  // done, and works after a reboot
  busy,             // later
  device_error,     // later
  not_supported,    // never
  bad_request,      // never: our XML or a parameter
  forbidden,        // this user may not
  bad_credentials,  // the user name or password is refused
  session_expired,  // log in again
  not_activated,    // the device has no password yet
  not_ready,        // an operation that its present state does not allow
  unknown,
};
std::string_view name(Answer answer);
Answer classify(const ResponseStatus& status);
// The same with what HTTP says, for an answer whose body says nothing.
Answer classify_http(int http_status);
// The error that our callers see: Code::ok for ok and reboot_required.
Code code_of(Answer answer);

}  // namespace camfleet::isapi
