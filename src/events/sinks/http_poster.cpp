#include "events/sinks/http_poster.h"

#include <fmt/format.h>

#include "proto/http/retry_after.h"

namespace camfleet::events::sinks {
namespace {

constexpr std::size_t kLargestAnswer = 64 * 1024;
constexpr int kLongestPatience = 3600;  // whatever Retry-After says

bool lost(Code code) { return code == Code::net_closed || code == Code::net_reset; }

// The codes of a connection as those of a sink; what an operator must mend keeps its own.
Error translated(Error error, bool connected) {
  auto code = error.code;
  switch (error.code) {
    case Code::net_forbidden_address:
    case Code::tls_certificate_refused:
    case Code::tls_handshake_failed:
    case Code::net_resolve:
      return error;
    case Code::net_timeout:
      code = connected ? Code::sink_timeout : Code::sink_unreachable;
      break;
    default:
      code = connected ? Code::sink_failed : Code::sink_unreachable;
      break;
  }
  return Error{code, error.text()};
}

}  // namespace

Result<std::unique_ptr<HttpPoster>> HttpPoster::make(const net::AddressGuard& guard, url::Url url,
                                                     Options options) {
  std::unique_ptr<HttpPoster> poster{new HttpPoster{guard, std::move(url), std::move(options)}};
  if (poster->url_.secure()) {
    auto tls = net::TlsClient::make({.ca_file = poster->options_.ca_file});
    if (!tls) return fail(tls.error());
    poster->tls_.emplace(std::move(*tls));
  }
  return poster;
}

std::unique_ptr<net::HttpConnection> HttpPoster::take() {
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  return std::make_unique<net::HttpConnection>(guard_, net::HostPort{url_.host, url_.effective_port()},
                                               http::HeadLimits{}, tls_ ? &*tls_ : nullptr);
}

// A kept connection that the other side closes just then is no failure: entries may come twice.
net::Task<Result<net::HttpResponse>> HttpPoster::post(net::HttpRequest request) {
  auto connection = take();
  const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
  for (bool again = false;; again = true) {
    const auto connects = connection->connects();
    auto asking = connection->request(request, deadline, kLargestAnswer);
    auto response = co_await std::move(asking);
    const bool kept = connection->connects() == connects;
    if (!response && kept && connects > 0 && !again && lost(response.error().code)) continue;
    if (!response) co_return fail(translated(response.error(), connection->connects() > 0));
    if (connection->connected() && idle_.size() < options_.connections)
      idle_.push_back(std::move(connection));
    co_return response;
  }
}

Outcome outcome_of(const Error& error) {
  switch (error.code) {
    case Code::net_forbidden_address:
    case Code::tls_certificate_refused:
      return {Verdict::refused, error};
    case Code::sink_timeout:
      return {Verdict::event_failed, error};
    default:
      return {Verdict::sink_failed, error};
  }
}

Outcome outcome_of(const net::HttpResponse& response) {
  const int status = response.status;
  Error error{Code::sink_failed, fmt::format("status {}", status)};
  if (const auto pause = http::retry_after(response.headers.get("Retry-After"), system_clock().wall()))
    error.retry_after_s = std::min(*pause, kLongestPatience);
  const auto as = [&error](Verdict verdict, Code code) {
    error.code = code;
    return Outcome{verdict, error};
  };
  switch (status) {
    case 429:
      return as(Verdict::throttled, Code::sink_throttled);
    case 503:
      return as(Verdict::throttled, Code::sink_throttled);
    case 401:
    case 403:
    case 404:
    case 405:
    case 407:
    case 410:
      return as(Verdict::refused, Code::sink_refused);
    case 408:
    case 425:
      return as(Verdict::event_failed, Code::sink_failed);
    default:
      break;
  }
  if (status >= 300 && status < 400) return as(Verdict::refused, Code::sink_refused);
  if (status >= 400 && status < 500) return as(Verdict::rejected, Code::sink_rejected);
  return as(Verdict::event_failed, Code::sink_failed);
}

}  // namespace camfleet::events::sinks
