// Any JSON body: what is understood is valid UTF-8 and within its bounds.
#include "base/text.h"
#include "fuzz.h"
#include "proto/isapi/alert.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/user_check.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = as_text({data, size});
  if (const auto alert = isapi::parse_alert(body, isapi::DeviceKind::recorder)) {
    require(alert->channel >= 0 && alert->channel <= 4096);
    require(is_utf8(alert->type) && is_utf8(alert->description) && is_utf8(alert->serial));
    if (alert->access) require(alert->access->major >= 0 && is_utf8(alert->access->device_name));
  }
  if (const auto status = isapi::parse_response_status(body)) {
    require(status->status_code >= 0 && status->unlock_s >= 0 && is_utf8(status->sub_status));
    (void)isapi::code_of(isapi::classify(*status));
  }
  if (const auto check = isapi::parse_user_check(body)) require(check->unlock_s >= 0);
  (void)isapi::login_hints(body);
  return 0;
}
