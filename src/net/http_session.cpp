#include "net/http_session.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "net/scratch.h"
#include "proto/http/response_head.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
constexpr std::size_t kHeadRead = 16 * 1024;
constexpr auto kLinger = 1s;  // for the client to read why it was refused
constexpr std::size_t kLingerBytes = 256 * 1024;

SteadyTime now() { return std::chrono::steady_clock::now(); }

int status_of(const Error& error) {
  if (error.code == Code::net_timeout) return 408;
  if (error.code == Code::api_unsupported_type) return 415;
  if (error.code != Code::http_too_large) return 400;
  if (error.place == "request target") return 414;
  return error.place == "body" ? 413 : 431;
}

bool bare_lf(std::string_view bytes) {
  for (std::size_t at = 0; (at = bytes.find('\n', at)) != bytes.npos; ++at)
    if (at == 0 || bytes[at - 1] != '\r') return true;
  return false;
}

// Requests bring passwords: what grows leaves no copy behind in the heap.
void append_clean(std::string& to, std::string_view more) {
  if (to.capacity() - to.size() < more.size()) {
    std::string grown;
    grown.reserve(std::max(to.size() + more.size(), 2 * to.capacity()));
    grown.append(to);
    wipe(to);
    to.swap(grown);
  }
  to.append(more);
}

// Takes the front off, and leaves nothing of it behind the end.
void drop_front(std::string& from, std::size_t count) {
  const auto left = from.size() - std::min(count, from.size());
  std::memmove(from.data(), from.data() + (from.size() - left), left);
  ::explicit_bzero(from.data() + left, from.size() - left);
  from.resize(left);
}

void count_answer(int status) {
  static const std::array<metrics::Counter*, 5> classes = [] {
    std::array<metrics::Counter*, 5> made{};
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] = &metrics::counter("camfleet_http_requests_total", "HTTP answers given, by class of status.",
                                  {{"class", std::to_string(i + 1) + "xx"}});
    return made;
  }();
  classes[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)]->add();
}

}  // namespace

HttpResponse default_http_error(int status, const Error& error) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  response.body = fmt::format(R"({{"type":"{}","title":"{}","status":{}}})", name(error.code),
                              http::reason_of(status), status);
  return response;
}

std::string_view http_date() {
  thread_local std::time_t made = 0;
  thread_local std::array<char, 32> text{};
  const auto wall = std::chrono::floor<std::chrono::seconds>(system_clock().wall());
  const auto at = static_cast<std::time_t>(wall.time_since_epoch().count());
  if (at != made) {
    std::tm parts{};
    gmtime_r(&at, &parts);
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = at;
  }
  return text.data();
}

Task<> HttpSession::run(TcpStream stream, const HttpHandler& handler, const HttpLimits& limits,
                        const HttpErrorHook& on_error, TlsPolicy tls, std::atomic<std::size_t>& busy) {
  HttpSession session{std::move(stream), handler, limits, on_error, busy};
  if (tls.server != nullptr) {
    const bool welcome = co_await session.welcome(tls);
    if (!welcome) co_return;
  }
  for (std::size_t served = 0; served < limits.requests_per_connection; ++served) {
    auto head = co_await session.read_head(served == 0);
    const bool more = co_await session.one_exchange(std::move(head));
    if (!more) break;
  }
}

Task<bool> HttpSession::welcome(TlsPolicy tls) {
  auto securing = tls.server->secure(stream_, now() + limits_.head_timeout);
  const auto secured = co_await std::move(securing);
  if (!secured) co_return false;
  if (*secured || tls.plain_too) co_return true;
  const Error error{Code::tls_plain_text, {}, 0};
  co_await refuse(error);
  co_return false;
}

Task<bool> HttpSession::one_exchange(Result<HttpRequest> head) {
  if (!head) {
    co_await refuse(head.error());
    co_return false;
  }
  HttpExchange exchange{stream_, bytes_, limits_, busy_};
  exchange.began_ = began_;
  exchange.request_ = std::move(*head);
  const auto& request = exchange.request_;
  exchange.keep_alive_ = http::keeps_alive(request.headers, request.minor_version);
  auto target = http::parse_target(request.target, request.headers.get("Host"));
  if (!target) {
    co_await refuse(target.error());
    co_return false;
  }
  exchange.target_ = std::move(*target);
  const auto body = co_await read_body(exchange);
  if (!body) {
    co_await refuse(body.error());
    co_return false;
  }

  std::string failed;
  try {
    co_await handler_(exchange);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) throw;
    failed = error.what();
  } catch (const std::exception& error) {
    failed = error.what();
  }
  if (!failed.empty()) log::error("http.handler_failed", {{"path", exchange.path()}, {"what", failed}});
  if (exchange.taken_) co_return false;
  if (!exchange.answered_) {
    exchange.keep_alive_ = false;
    const auto response = on_error_(500, Error{Code::api_internal, {}});
    co_await exchange.respond(response);
  }
  if (exchange.streaming_ && !exchange.finished_) {  // a cut answer must look like one
    stream_.abort();
    co_return false;
  }
  if (exchange.keep_alive_ && stream_.open()) co_return true;
  co_await linger();
  co_return false;
}

Task<Result<HttpRequest>> HttpSession::read_head(bool first) {
  if (!first) {
    if (bytes_.empty()) {
      wipe(bytes_);
      std::string{}.swap(bytes_);
      const auto ready = co_await stream_.wait_readable(now() + limits_.idle_timeout);
      if (!ready) co_return fail(Code::net_closed);  // idle: goes without a word
    }
    began_ = now();
  }
  const Deadline deadline = now() + limits_.head_timeout;
  for (;;) {
    drop_front(bytes_, bytes_.find_first_not_of("\r\n"));  // RFC 9112 section 2.2
    const auto end = http::end_of_head(bytes_, false);
    const auto head = std::string_view{bytes_}.substr(0, end.value_or(bytes_.size()));
    if (!head.empty() && (head[0] < 'A' || head[0] > 'z'))
      co_return fail(Code::http_bad_message, "no method");
    if (bare_lf(head)) co_return fail(Code::http_bad_message, "a line does not end in CRLF");
    if (head.size() > limits_.head.head) co_return fail(Code::http_too_large, "request head");
    if (end) {
      auto request = http::parse_request_head(head, limits_.head);
      drop_front(bytes_, *end);
      co_return request;
    }
    const auto more = co_await append(deadline);
    if (!more && bytes_.empty()) co_return fail(Code::net_closed);  // it never spoke
    if (!more) co_return fail(more.error());
  }
}

Task<Result<>> HttpSession::append(Deadline deadline) {
  const auto got = co_await stream_.read_some(scratch().first(kHeadRead), deadline);
  if (!got) co_return fail(got.error());
  append_clean(bytes_, as_text(scratch().first(*got)));
  ::explicit_bzero(scratch().data(), *got);
  co_return Result<>{};
}

Task<Result<>> HttpSession::read_body(HttpExchange& exchange) {
  auto& request = exchange.request_;
  const auto framing = http::request_framing(request);
  if (!framing) co_return fail(framing.error());
  std::size_t limit = kDefaultBodyLimit;
  if (limits_.body_limit) limit = limits_.body_limit(request, exchange.target_);
  if (framing->length > limit) co_return fail(Code::http_too_large, "body");
  http::BodyDecoder decoder{*framing, std::max<std::size_t>(limit, 1)};
  if (!decoder.done() && bytes_.empty() && request.headers.has_token("Expect", "100-continue")) {
    const auto sent = co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n", now() + limits_.write_timeout);
    if (!sent) co_return sent;
  }
  const auto began = now();
  while (!decoder.done()) {
    if (bytes_.empty()) {
      const auto earned =
          std::chrono::seconds{request.body.size() / std::max<std::size_t>(limits_.body_rate, 1)};
      const auto more = co_await append(began + limits_.body_grace + earned);
      if (!more) co_return more;
    }
    const auto step = decoder.decode({reinterpret_cast<std::uint8_t*>(bytes_.data()), bytes_.size()});
    if (!step) co_return fail(step.error());
    append_clean(request.body, std::string_view{bytes_}.substr(0, step->body));
    drop_front(bytes_, step->used);
  }
  co_return Result<>{};
}

Task<> HttpSession::refuse(const Error& error) {
  const bool gone = error.code != Code::net_timeout && name(error.code).starts_with("net.");
  if (gone || !stream_.open()) co_return;
  static metrics::Counter& refused =
      metrics::counter("camfleet_http_bad_requests_total", "Requests refused before any handler saw them.");
  refused.add();
  const int status = status_of(error);
  count_answer(status);
  auto response = on_error_(status, error);
  response.headers.set("Connection", "close");
  response.headers.set("Date", http_date());
  auto bytes = http::serialise(response, {http::Framing::Kind::length, response.body.size()});
  bytes += response.body;
  const auto sent = co_await stream_.write(bytes, now() + kLinger);
  if (sent) co_await linger();
}

// Closing with unread bytes resets the connection, and the answer would be lost with it.
Task<> HttpSession::linger() {
  stream_.shutdown();
  const Deadline deadline = now() + kLinger;
  for (std::size_t seen = 0; seen < kLingerBytes;) {
    const auto got = co_await stream_.read_some(scratch(), deadline);
    if (!got) break;
    seen += *got;
  }
  stream_.close();
}

Endpoint HttpExchange::remote() const { return stream_.remote(); }
Endpoint HttpExchange::local() const { return stream_.local(); }

std::string HttpExchange::head_of(const HttpResponse& response, const http::Framing& framing) const {
  std::array<http::FieldView, 2> more;
  std::size_t count = 0;
  if (!response.headers.has("Date")) more[count++] = {"Date", http_date()};
  if (!keep_alive_) {
    more[count++] = {"Connection", "close"};
  } else if (request_.minor_version == 0) {
    more[count++] = {"Connection", "keep-alive"};
  }
  return http::serialise(response, framing, std::span{more}.first(count));
}

Task<Result<>> HttpExchange::respond(const HttpResponse& response) {
  if (answered_) co_return fail(Code::api_internal, "answered twice");
  answered_ = true;
  count_answer(response.status);
  if (response.headers.has_token("Connection", "close")) keep_alive_ = false;
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  const http::Framing framing{bodiless ? http::Framing::Kind::none : http::Framing::Kind::length,
                              response.body.size()};
  const std::string head = head_of(response, framing);
  std::array<ByteView, 2> parts{as_bytes(head), as_bytes(response.body)};
  if (bodiless || request_.method == "HEAD") parts[1] = {};
  const auto slow = std::chrono::milliseconds{response.body.size() / 16};  // 16 KB/s is the slowest client
  auto sent = co_await stream_.write(parts, now() + limits_.write_timeout + slow);
  if (!sent) stream_.close();
  co_return sent;
}

Task<Result<HttpBodyWriter>> HttpExchange::respond_stream(const HttpResponse& response) {
  if (answered_) co_return fail(Code::api_internal, "answered twice");
  answered_ = true;
  streaming_ = true;
  busy_.done();
  count_answer(response.status);
  const bool chunked = request_.minor_version >= 1;
  if (!chunked || response.headers.has_token("Connection", "close")) keep_alive_ = false;
  const http::Framing framing{chunked ? http::Framing::Kind::chunked : http::Framing::Kind::until_close, 0};
  const std::string head = head_of(response, framing);
  const auto sent = co_await stream_.write(head, now() + limits_.write_timeout);
  if (!sent) co_return fail(sent.error());
  HttpBodyWriter writer{stream_, chunked, request_.method == "HEAD", finished_};
  co_return writer;
}

HttpExchange::Taken HttpExchange::take() {
  answered_ = true;
  taken_ = true;
  busy_.done();
  return {std::move(stream_), std::move(leftover_)};
}

Task<Result<>> HttpBodyWriter::write(std::span<const ByteView> parts, Deadline deadline) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  if (size == 0 || silent_) co_return Result<>{};
  if (!chunked_) co_return co_await stream_->write(parts, deadline);
  const std::string head = http::chunk_head(size);
  std::vector<ByteView> all;
  all.reserve(parts.size() + 2);
  all.push_back(as_bytes(head));
  all.insert(all.end(), parts.begin(), parts.end());
  all.push_back(as_bytes("\r\n"));
  co_return co_await stream_->write(all, deadline);
}

Task<Result<>> HttpBodyWriter::write(std::string_view text, Deadline deadline) {
  const std::array<ByteView, 1> part{as_bytes(text)};
  co_return co_await write(part, deadline);
}

Task<Result<>> HttpBodyWriter::finish(Deadline deadline) {
  *finished_ = true;
  if (!chunked_ || silent_) co_return Result<>{};
  co_return co_await stream_->write("0\r\n\r\n", deadline);
}

}  // namespace camfleet::net
