#include "device/hikvision/web_login.h"

#include <utility>

#include "net/within.h"
#include "proto/isapi/session_login.h"
#include "proto/isapi/user_check.h"
#include "proto/url/url.h"

namespace camfleet::device {
namespace {

constexpr std::string_view kLogin = "/ISAPI/Security/sessionLogin";
constexpr std::string_view kCapabilities = "/ISAPI/Security/sessionLogin/capabilities?username=";
constexpr std::size_t kMostAnswer = 16 * 1024;
constexpr std::chrono::milliseconds kLook{20};
constexpr int kUsualLockS = 1800;

struct Busy {
  explicit Busy(bool& f) : flag(f) { flag = true; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() { flag = false; }
  bool& flag;
};

// What a refusal of the answer means. Anything that does not say otherwise has judged the password.
Error refusal(const net::HttpResponse& response) {
  const auto hints = isapi::login_hints(response.body);
  Error error{Code::device_bad_credentials, std::string{kLogin}, 0};
  if (hints.locked) {
    error.code = Code::device_locked;
    error.retry_after_s = hints.unlock_s > 0 ? hints.unlock_s : kUsualLockS;
  } else if (hints.full) {
    error.code = Code::device_sessions_full;
  } else if (hints.not_activated) {
    error.code = Code::device_not_activated;
  }
  if (hints.attempts_left) error.place += ", " + std::to_string(*hints.attempts_left) + " attempts left";
  return error;
}

net::Task<Result<void>> attempt(net::HttpConnection& connection, Login& login, Deadline deadline) {
  net::HttpRequest ask;
  ask.target = std::string{kCapabilities} + url::percent_encode(login.user());
  auto told = co_await connection.request(ask, deadline, kMostAnswer);
  if (!told) co_return fail(std::move(told.error()));
  if (isapi::login_hints(told->body).locked) co_return fail(refusal(*told));
  const auto cap = told->ok() ? isapi::parse_session_login_cap(told->body) : fail(Code::device_not_supported);
  if (!cap) co_return fail(Code::digest_unsupported, "neither Digest nor a web login");

  auto hash = login.web_password(*cap);
  if (!hash) co_return fail(std::move(hash.error()));
  net::HttpRequest answer;
  answer.method = "POST";
  answer.target = kLogin;
  answer.headers.set("Content-Type", "application/xml; charset=\"UTF-8\"");
  answer.body = isapi::write_session_login({login.user(), *hash, cap->session_id, cap->version});
  auto judged = co_await connection.request(answer, deadline, kMostAnswer);
  wipe(*hash);
  wipe(answer.body);
  if (!judged) co_return fail(std::move(judged.error()));
  if (judged->status != 401 && !judged->ok())
    co_return fail(Code::device_unexpected_answer,
                   std::string{kLogin} + ": " + std::to_string(judged->status));
  const auto check = isapi::parse_user_check(judged->body);
  if (judged->status == 401 || (check && check->status == 401)) {
    auto error = refusal(*judged);
    login.web().refused = error.code == Code::device_bad_credentials;
    co_return fail(std::move(error));
  }
  for (const auto value : judged->headers.get_all("Set-Cookie"))
    if (auto cookie = isapi::session_cookie(value)) login.web().cookie = std::move(*cookie);
  // Older ones set none and know the session by its number.
  if (login.web().cookie.empty())
    login.web().cookie = isapi::session_cookie("WebSession=" + cap->session_id).value_or("");
  if (login.web().cookie.empty())
    co_return fail(Code::device_unexpected_answer, "a web login without a session");
  co_return Result<void>{};
}

}  // namespace

net::Task<Result<void>> log_in_by_web(net::HttpConnection& connection, Login& login, Deadline deadline) {
  auto& web = login.web();
  while (web.busy) {
    if (std::chrono::steady_clock::now() > deadline)
      co_return fail(Code::net_timeout, "a login of another request");
    co_await net::sleep_for(kLook);
  }
  if (web.refused) co_return fail(Code::device_bad_credentials, std::string{kLogin});
  if (!web.cookie.empty()) co_return Result<void>{};  // another request has just logged in
  const Busy busy{web.busy};
  co_return co_await attempt(connection, login, deadline);
}

}  // namespace camfleet::device
