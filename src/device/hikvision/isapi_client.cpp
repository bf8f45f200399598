#include "device/hikvision/isapi_client.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "device/hikvision/web_login.h"
#include "net/within.h"
#include "proto/http/retry_after.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/user_check.h"

namespace camfleet::device {
namespace {

constexpr std::size_t kMaxWaiting = 8;
constexpr int kUsualLockS = 1800;
constexpr int kUsualBusyS = 5;

Error login_error(Error error, std::string_view what, const isapi::LoginHints& hints) {
  if (hints.not_activated) error.code = Code::device_not_activated;
  if (error.code == Code::device_locked && error.retry_after_s <= 0) error.retry_after_s = kUsualLockS;
  if (error.place.empty()) error.place = what;
  if (hints.attempts_left) error.place += ", " + std::to_string(*hints.attempts_left) + " attempts left";
  return error;
}

}  // namespace

Error isapi_error(const net::HttpResponse& response, std::string_view what) {
  Error error{Code::device_unexpected_answer, std::string(what) + ": " + std::to_string(response.status)};
  if (response.status >= 300 && response.status < 400) {
    error.place += " redirects to " + clean_utf8(response.headers.get("Location").substr(0, 200));
    return error;
  }
  const auto hints = isapi::login_hints(response.body);
  if (hints.locked) return login_error({Code::device_locked, error.place, hints.unlock_s}, what, hints);
  if (hints.not_activated) return login_error(std::move(error), what, hints);

  auto answer = isapi::Answer::unknown;
  if (const auto status = isapi::parse_response_status(response.body)) {
    answer = isapi::classify(*status);
    if (!status->sub_status.empty()) error.place += " " + clean_utf8(status->sub_status);
  }
  if (answer == isapi::Answer::unknown || answer == isapi::Answer::ok)
    answer = isapi::classify_http(response.status);
  const auto code = isapi::code_of(answer);
  if (code != Code::ok) error.code = code;
  if (error.code == Code::device_busy) {
    const auto told = http::retry_after(response.headers.get("Retry-After"), system_clock().wall());
    error.retry_after_s = std::clamp(told.value_or(kUsualBusyS), 1, 3600);
  }
  return error;
}

IsapiClient::IsapiClient(net::Executor executor, const net::AddressGuard& guard, net::HostPort peer,
                         Login& login)
    : connection_(guard, std::move(peer)), login_(login), turn_(executor, 1, kMaxWaiting) {}

net::Task<Result<std::string>> IsapiClient::get(std::string path, Deadline deadline, std::size_t body_limit) {
  net::HttpRequest request;
  request.target = path;
  auto response = co_await call(std::move(request), deadline, body_limit);
  if (!response) co_return fail(std::move(response.error()));
  if (!response->ok()) co_return fail(isapi_error(*response, path));
  co_return std::move(response->body);
}

net::Task<Result<std::string>> IsapiClient::get_again(std::string path, std::chrono::milliseconds each,
                                                      Deadline deadline, std::size_t body_limit) {
  Retries retries{
      Rng{std::hash<std::string>{}(path) ^
          static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count())}};
  for (;;) {
    const auto until = std::min(deadline, std::chrono::steady_clock::now() + each);
    auto asking = get(path, until, body_limit);
    auto body = co_await std::move(asking);
    if (body) co_return body;
    const auto wait = retries.after(body.error(), std::chrono::steady_clock::now(), deadline);
    if (!wait) co_return body;
    co_await net::sleep_for(*wait);
  }
}

net::Task<Result<net::HttpResponse>> IsapiClient::call(net::HttpRequest request, Deadline deadline,
                                                       std::size_t body_limit) {
  auto turn = turn_.try_acquire();
  if (!turn) {
    auto granted = co_await turn_.acquire(deadline);
    if (!granted) co_return fail(std::move(granted.error()));
    turn = std::move(*granted);
  }
  co_return co_await send(std::move(request), false, deadline, body_limit);
}

net::Task<Result<net::HttpResponse>> IsapiClient::open_stream(std::string path, Deadline deadline) {
  net::HttpRequest request;
  request.target = path;
  auto response = co_await send(std::move(request), true, deadline, net::kDefaultBodyLimit);
  if (!response) co_return fail(std::move(response.error()));
  if (response->status == 200) co_return std::move(*response);
  co_return fail(isapi_error(*response, path));
}

net::Task<Result<net::HttpResponse>> IsapiClient::send(net::HttpRequest request, bool stream,
                                                       Deadline deadline, std::size_t body_limit) {
  digest::Attempt attempt{login_.client(), false};
  bool asked_web = false;
  for (;;) {
    const auto cookie = login_.web().cookie;
    if (cookie.empty())
      request.headers.remove("Cookie");
    else
      request.headers.set("Cookie", cookie);
    auto authorization = login_.authorization(attempt, request.method, request.target);
    if (!authorization) co_return fail(std::move(authorization.error()));
    if (authorization->empty() || !cookie.empty())
      request.headers.remove("Authorization");
    else
      request.headers.set("Authorization", *authorization);

    Result<net::HttpResponse> response;
    if (stream)
      response = co_await connection_.open_stream(request, deadline);
    else
      response = co_await connection_.request(request, deadline, body_limit);
    if (!response) {
      // It took the connection and says nothing: not what a connection that never came about looks like.
      if (response.error().code == Code::net_timeout && response.error().place.empty())
        response.error().place = "no answer to " + request.target;
      co_return fail(std::move(response.error()));
    }
    if (stream && response->status != 200) {
      auto body = co_await connection_.finish_body(deadline);
      if (body) response->body = std::move(*body);
    }

    isapi::LoginHints hints;
    if (response->status == 401) hints = isapi::login_hints(response->body);
    const digest::Hints told{hints.locked, hints.unlock_s, hints.stale, hints.full};
    const auto challenges = response->headers.get_all("WWW-Authenticate");
    if (response->status == 401 && challenges.empty() && !hints.locked && !hints.full &&
        !login_.client().challenge() && !login_.client().accepted() && !login_.anonymous()) {
      // A session that is over is begun anew, once. The cookie may be another's by now, which is new.
      if (login_.web().cookie == cookie) login_.web().cookie.clear();
      if (std::exchange(asked_web, true))
        co_return fail(Code::device_unexpected_answer, request.target + ": 401 with a new session");
      auto logging_in = log_in_by_web(connection_, login_, deadline);
      auto logged_in = co_await std::move(logging_in);
      if (!logged_in) co_return fail(std::move(logged_in.error()));
      continue;
    }
    if (!challenges.empty()) login_.web().cookie.clear();  // Digest goes before, as soon as it is offered
    auto verdict = attempt.answered(response->status, challenges, told);
    if (verdict.next == digest::Attempt::Verdict::Next::done) co_return std::move(*response);
    if (verdict.next == digest::Attempt::Verdict::Next::failed) {
      // A 401 without any challenge from the start is no way to log in that we know.
      co_return fail(login_error(std::move(verdict.error), request.target, hints));
    }
  }
}

}  // namespace camfleet::device
