#include "proto/isapi/response_status.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "proto/isapi/json.h"
#include "proto/isapi/root.h"

namespace camfleet::isapi {
namespace {

constexpr std::string_view kNames[] = {"ok",
                                       "reboot_required",
                                       "busy",
                                       "device_error",
                                       "not_supported",
                                       "bad_request",
                                       "forbidden",
                                       "bad_credentials",
                                       "session_expired",
                                       "not_activated",
                                       "not_ready",
                                       "unknown"};

struct Named {
  std::string_view sub_status;
  Answer answer;
};
constexpr Named kSubStatus[] = {
    {"rebootRequired", Answer::reboot_required},
    {"noMemory", Answer::busy},
    {"serviceUnavailable", Answer::busy},
    {"upgrading", Answer::busy},
    {"deviceBusy", Answer::busy},
    {"reConnectIpc", Answer::busy},
    {"notSupport", Answer::not_supported},
    {"methodNotAllowed", Answer::not_supported},
    {"eventNotSupport", Answer::not_supported},
    {"lowPrivilege", Answer::forbidden},
    {"riskPassword", Answer::forbidden},
    {"badAuthorization", Answer::bad_credentials},
    {"SessionExpired", Answer::session_expired},
    {"notActivated", Answer::not_activated},
    {"operateFailed", Answer::device_error},
    {"invalidOperation", Answer::not_ready},
    {"hasActivated", Answer::not_ready},
};

bool is_lock(std::string_view text) { return iequals(text, "lock") || iequals(text, "locked"); }

int to_int(std::optional<std::int64_t> value) {
  return static_cast<int>(std::clamp<std::int64_t>(value.value_or(0), 0, std::numeric_limits<int>::max()));
}
std::uint32_t to_code(std::optional<std::int64_t> value) {
  return value && *value >= 0 && *value <= UINT32_MAX ? static_cast<std::uint32_t>(*value) : 0;
}

Result<ResponseStatus> from_json(std::string_view body) {
  const auto object = parse_json(body, "ResponseStatus");
  if (!object) return fail(object.error());
  if (!object->contains("statusCode") && !object->contains("subStatusCode")) {
    return fail(Code::device_unexpected_answer, "no statusCode");
  }
  ResponseStatus status;
  status.url = text(*object, "requestURL");
  status.status_code = to_int(number(*object, "statusCode"));
  status.status_text = text(*object, "statusString");
  status.sub_status = text(*object, "subStatusCode");
  status.error_code = to_code(number(*object, "errorCode"));
  status.error_text = text(*object, "errorMsg");
  status.locked = is_lock(text(*object, "lockStatus"));
  if (const auto left = number(*object, "retryTimes")) status.attempts_left = to_int(left);
  status.unlock_s = to_int(number(*object, "resLockTime"));
  return status;
}

}  // namespace

Result<ResponseStatus> parse_response_status(std::string_view body) {
  if (looks_like_json(body)) return from_json(body);
  const auto document = xml::parse(body);
  if (!document) return fail(document.error());
  const auto root = document->root();
  if (root.name() != "ResponseStatus") return fail(Code::device_unexpected_answer, "no ResponseStatus");
  ResponseStatus status;
  status.url = root.text("requestURL");
  status.status_code = to_int(root.number<std::int64_t>("statusCode"));
  status.status_text = root.text("statusString");
  status.sub_status = root.text("subStatusCode");
  status.error_code = to_code(root.number<std::int64_t>("errorCode"));
  status.error_text = root.text("errorMsg");
  status.locked = is_lock(root.text("lockStatus"));
  if (const auto left = root.number<std::int64_t>("retryTimes")) status.attempts_left = to_int(left);
  auto unlock = root.number<std::int64_t>("resLockTime");
  if (!unlock) unlock = root.number<std::int64_t>("unlockTime");  // refused session logins
  status.unlock_s = to_int(unlock);
  return status;
}

std::string_view name(Answer answer) { return kNames[static_cast<std::size_t>(answer)]; }

Answer classify(const ResponseStatus& status) {
  // errorCode carries the class in its upper four bits.
  const int code = status.status_code != 0 ? status.status_code : static_cast<int>(status.error_code >> 28);
  const bool plain = status.sub_status.empty() || iequals(status.sub_status, "ok");
  if (code == 1 || (code == 0 && plain)) return Answer::ok;
  for (const auto& [sub_status, answer] : kSubStatus) {
    if (iequals(status.sub_status, sub_status)) return answer;
  }
  switch (code) {
    case 2:
      return Answer::busy;
    case 3:
      return Answer::device_error;
    case 4:
      return Answer::not_ready;
    case 5:
    case 6:
    case 9:
      return Answer::bad_request;
    case 7:
      return Answer::reboot_required;
    default:
      return istarts_with(status.sub_status, "bad") ? Answer::bad_request : Answer::unknown;
  }
}

Answer classify_http(int http_status) {
  if (http_status >= 200 && http_status < 300) return Answer::ok;
  switch (http_status) {
    case 400:
      return Answer::bad_request;
    case 401:
      return Answer::bad_credentials;
    case 403:
      return Answer::forbidden;
    case 404:
    case 405:
    case 501:
      return Answer::not_supported;
    case 503:
      return Answer::busy;
    default:
      return http_status >= 500 ? Answer::device_error : Answer::unknown;
  }
}

Code code_of(Answer answer) {
  switch (answer) {
    case Answer::ok:
    case Answer::reboot_required:
      return Code::ok;
    case Answer::busy:
      return Code::device_busy;
    case Answer::device_error:
    case Answer::bad_request:
    case Answer::session_expired:
    case Answer::not_ready:
      return Code::device_error;
    case Answer::not_supported:
      return Code::device_not_supported;
    case Answer::forbidden:
      return Code::device_forbidden;
    case Answer::bad_credentials:
      return Code::device_bad_credentials;
    case Answer::not_activated:
      return Code::device_not_activated;
    case Answer::unknown:
      break;
  }
  return Code::device_unexpected_answer;
}

}  // namespace camfleet::isapi
