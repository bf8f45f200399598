// The body of a 401 and of GET /ISAPI/Security/userCheck, and the time and status documents beside it: a lock
// has a time that can be waited for, and what was read reads the same when it is written.
#include "isapi_document.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = as_text({data, size});
  if (const auto check = isapi::parse_user_check(body)) {
    require(check->unlock_s >= 0 && is_utf8(check->status_text));
    if (check->attempts_left) require(*check->attempts_left >= 0);
    const auto again = isapi::parse_user_check(isapi::write_user_check(*check, fuzz::kPlain));
    require(again && again->status == check->status && again->locked == check->locked &&
            again->attempts_left == check->attempts_left);
  }
  const auto hints = isapi::login_hints(body);
  require(hints.unlock_s >= 0);
  if (hints.attempts_left) require(*hints.attempts_left >= 0);
  if (const auto time = isapi::parse_time_settings(body)) {
    require(is_utf8(time->local_text) && is_utf8(time->zone_text));
    (void)time->utc();
  }
  if (const auto time = isapi::parse_time(body)) (void)time->utc();
  if (const auto zone = isapi::parse_zone(body))
    require(std::chrono::abs(zone->offset) <= std::chrono::hours{24});
  return 0;
}
