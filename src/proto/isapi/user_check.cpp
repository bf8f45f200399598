#include "proto/isapi/user_check.h"

#include <algorithm>

#include "base/text.h"
#include "proto/isapi/json.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/root.h"

namespace camfleet::isapi {
namespace {

bool is_lock(std::string_view text) { return iequals(text, "lock") || iequals(text, "locked"); }

}  // namespace

Result<UserCheck> parse_user_check(std::string_view body) {
  UserCheck check;
  if (looks_like_json(body)) {
    const auto object = parse_json(body, "userCheck");
    if (!object) return fail(object.error());
    if (!object->contains("statusValue")) return fail(Code::device_unexpected_answer, "no statusValue");
    check.status =
        static_cast<int>(std::clamp<std::int64_t>(number(*object, "statusValue").value_or(0), 0, 999));
    check.status_text = text(*object, "statusString");
    check.activated = flag(*object, "isActivated");
    check.default_password = flag(*object, "isDefaultPassword");
    check.risk_password = flag(*object, "isRiskPassword");
    check.locked = is_lock(text(*object, "lockStatus"));
    check.unlock_s = parse_int<int>(text(*object, "unlockTime")).value_or(0);
    check.attempts_left = parse_int<int>(text(*object, "retryLoginTime"));
  } else {
    // Session logins answer with documents of the same elements.
    const auto document = open_document(body, {"userCheck", "SessionUserCheck", "SessionLogin"});
    if (!document) return fail(document.error());
    const auto root = document->root();
    check.status = root.integer("statusValue");
    check.status_text = root.text("statusString");
    check.activated = root.flag("isActivated");
    check.default_password = root.flag("isDefaultPassword");
    check.risk_password = root.flag("isRiskPassword");
    check.locked = is_lock(root.text("lockStatus"));
    check.unlock_s = root.integer("unlockTime");
    check.attempts_left = root.number("retryLoginTime");
  }
  check.unlock_s = std::max(check.unlock_s, 0);
  return check;
}

namespace {

// "maxSessionReached", "Too many connections": each firmware has words of its own.
bool says_full(std::string_view text) {
  if (text.size() > 200) return false;
  std::string low{text};
  for (auto& c : low) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const auto has = [&](std::string_view word) { return low.find(word) != low.npos; };
  // Not any word of users and limits: that may be a lock in other words, where insisting does harm.
  if (has("lock") || has("password")) return false;
  if (has("max user") || has("maxuser") || has("online user")) return true;
  return (has("session") || has("connection") || has("link")) &&
         (has("max") || has("limit") || has("exceed") || has("full") || has("too many"));
}

}  // namespace

LoginHints login_hints(std::string_view body) {
  LoginHints hints;
  if (const auto status = parse_response_status(body)) {
    const auto answer = classify(*status);
    hints.locked = status->locked;
    hints.unlock_s = status->unlock_s;
    hints.attempts_left = status->attempts_left;
    hints.stale = iequals(status->sub_status, "invalidOperation") || answer == Answer::session_expired;
    hints.not_activated = answer == Answer::not_activated;
    hints.full = answer == Answer::busy || says_full(status->sub_status) || says_full(status->error_text);
  } else if (const auto check = parse_user_check(body)) {
    hints.locked = check->locked;
    hints.unlock_s = check->unlock_s;
    hints.attempts_left = check->attempts_left;
    hints.not_activated = check->activated == false;
    hints.full = says_full(check->status_text);
  }
  return hints;
}

}  // namespace camfleet::isapi
