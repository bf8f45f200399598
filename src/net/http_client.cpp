#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/resolver.h"
#include "net/scratch.h"

namespace camfleet::net {
namespace {

constexpr int kMaxInterim = 4;                // 1xx heads before the answer
constexpr std::size_t kHeadRead = 16 * 1024;  // so that what follows a head fits into the scratch buffer
constexpr std::uint64_t kEndless = 0;         // BodyDecoder: no limit

bool idempotent(std::string_view method) {  // RFC 9110 section 9.2.2
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS";
}

bool lost(Code code) { return code == Code::net_closed || code == Code::net_reset; }

// Closes the connection unless the exchange came to its end: errors and cancellation leave bytes on their
// way.
class CloseUnless {
 public:
  explicit CloseUnless(HttpConnection& connection) : connection_(&connection) {}
  CloseUnless(const CloseUnless&) = delete;
  CloseUnless& operator=(const CloseUnless&) = delete;
  ~CloseUnless() {
    if (connection_) connection_->close();
  }
  void keep() { connection_ = nullptr; }

 private:
  HttpConnection* connection_;
};

}  // namespace

HttpConnection::HttpConnection(const AddressGuard& guard, HostPort peer, http::HeadLimits limits,
                               const TlsClient* tls)
    : guard_(guard), tls_(tls), peer_(std::move(peer)), limits_(limits) {}

Task<Result<HttpResponse>> HttpConnection::request(const HttpRequest& request, Deadline deadline,
                                                   std::size_t body_limit) {
  CloseUnless unless{*this};
  auto response = co_await exchange(request, deadline, body_limit);
  if (!response) co_return response;
  for (;;) {
    const auto piece = co_await read_body(deadline);
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    response->body.append(as_text(*piece));
  }
  unless.keep();
  co_return response;
}

Task<Result<HttpResponse>> HttpConnection::open_stream(const HttpRequest& request, Deadline deadline) {
  CloseUnless unless{*this};
  auto response = co_await exchange(request, deadline, kEndless);
  if (response) unless.keep();
  co_return response;
}

Task<Result<HttpResponse>> HttpConnection::exchange(const HttpRequest& request, Deadline deadline,
                                                    std::uint64_t body_limit) {
  if (!body_.done()) close();  // somebody left an answer half read
  for (bool again = false;; again = true) {
    const bool kept = stream_.open() && !stale();
    if (!kept) {
      close();
      auto until = deadline;
      if (connect_limit_.count() > 0)
        until = std::min(until, std::chrono::steady_clock::now() + connect_limit_);
      auto stream = co_await dial(guard_, peer_, until);
      if (!stream) co_return fail(stream.error());
      stream_ = std::move(*stream);
      if (tls_ != nullptr) {
        const auto shaken = co_await tls_->secure(stream_, peer_.host, deadline);
        if (!shaken) co_return fail(shaken.error());
      }
      ++connects_;
    }
    answer_began_ = false;
    Error why;
    const auto sent = co_await send(request, deadline);
    if (sent) {
      auto head = co_await read_head(request.method, deadline, body_limit);
      if (head) co_return head;
      why = head.error();
    } else {
      why = sent.error();
    }
    close();
    // A device may close a kept connection just as we use it. RFC 9110 section 9.2.2: what has no effect when
    // repeated may be repeated.
    const bool repeat = kept && !again && lost(why.code) && !answer_began_ && idempotent(request.method);
    if (!repeat) co_return fail(std::move(why));
  }
}

Task<Result<>> HttpConnection::send(const HttpRequest& request, Deadline deadline) {
  // The head is made here and not kept by the caller: it may hold an Authorization field.
  std::string head;
  {
    HttpRequest copy{request.method, request.target, request.minor_version, request.headers, {}};
    if (!copy.headers.has("Host")) {
      const bool v6 = peer_.host.find(':') != peer_.host.npos;
      copy.headers.add("Host", peer_.port != (tls_ == nullptr ? 80 : 443) ? to_string(peer_)
                               : v6                                       ? "[" + peer_.host + "]"
                                                                          : peer_.host);
    }
    if (!copy.headers.has("User-Agent")) copy.headers.add("User-Agent", "camfleet");
    const bool has_body = !request.body.empty() || request.method == "PUT" || request.method == "POST";
    const http::Framing framing{has_body ? http::Framing::Kind::length : http::Framing::Kind::none,
                                request.body.size()};
    head = http::serialise(copy, framing);
  }
  const std::array<ByteView, 2> parts{as_bytes(head), as_bytes(request.body)};
  co_return co_await stream_.write(parts, deadline);
}

Task<Result<HttpResponse>> HttpConnection::read_head(std::string_view method, Deadline deadline,
                                                     std::uint64_t body_limit) {
  std::string bytes;
  int interim = 0;
  for (;;) {
    const auto skip = std::min(bytes.find_first_not_of("\r\n"), bytes.size());  // left by an earlier answer
    bytes.erase(0, skip);
    const auto end = http::end_of_head(bytes, true);
    if (end) {
      auto head = http::parse_response_head(std::string_view{bytes}.substr(0, *end), limits_);
      if (!head) co_return head;
      bytes.erase(0, *end);
      if (head->status < 200) {
        if (head->status == 101 || ++interim > kMaxInterim)
          co_return fail(Code::http_bad_message, "interim answers");
        continue;
      }
      const auto framing = http::response_framing(*head, method);
      if (!framing) co_return fail(framing.error());
      if (body_limit != kEndless && framing->length > body_limit)
        co_return fail(Code::http_too_large, "body of the answer");
      body_ = http::BodyDecoder{*framing, body_limit};
      keep_alive_ = http::keeps_alive(head->headers, head->minor_version) &&
                    framing->kind != http::Framing::Kind::until_close;
      rest_ = std::move(bytes);
      if (body_.done()) message_ended(!rest_.empty());
      co_return head;
    }
    if (bytes.size() > limits_.head) co_return fail(Code::http_too_large, "head of the answer");
    const auto got = co_await stream_.read_some(scratch().first(kHeadRead), deadline);
    if (!got) co_return fail(got.error());
    answer_began_ = true;
    bytes.append(as_text(scratch().first(*got)));
  }
}

Task<Result<ByteView>> HttpConnection::read_body(Deadline deadline) {
  while (!body_.done()) {
    std::size_t got = 0;
    if (!rest_.empty()) {
      got = rest_.size();
      std::memcpy(scratch().data(), rest_.data(), got);
      std::string{}.swap(rest_);
    } else {
      const auto read = co_await stream_.read_some(scratch(), deadline);
      if (!read) {
        if (read.error().code == Code::net_timeout) co_return fail(read.error());
        auto ended = read.error().code == Code::net_closed ? body_.end_of_stream() : fail(read.error());
        close();
        if (!ended) co_return fail(ended.error());
        co_return ByteView{};
      }
      got = *read;
    }
    const auto bytes = scratch().first(got);
    const auto step = body_.decode(bytes);
    if (!step) {
      close();
      co_return fail(step.error());
    }
    if (body_.done()) message_ended(step->used < got);
    if (step->body > 0) co_return ByteView{bytes.first(step->body)};
  }
  co_return ByteView{};
}

Task<Result<std::string>> HttpConnection::finish_body(Deadline deadline, std::size_t body_limit) {
  CloseUnless unless{*this};
  std::string body;
  for (;;) {
    const auto piece = co_await read_body(deadline);
    if (!piece) co_return fail(piece.error());
    if (piece->empty()) break;
    if (piece->size() > body_limit - body.size()) co_return fail(Code::http_too_large, "body of the answer");
    body.append(as_text(*piece));
  }
  unless.keep();
  co_return body;
}

// The other side has closed, or says something that nobody asked for.
bool HttpConnection::stale() {
  std::uint8_t byte = 0;
  const auto got = stream_.try_read({&byte, 1});
  return !got || *got > 0;
}

void HttpConnection::message_ended(bool surplus) {
  std::string{}.swap(rest_);
  if (!keep_alive_ || surplus) close();
}

void HttpConnection::close() {
  stream_.close();
  body_ = {};
  std::string{}.swap(rest_);
}

}  // namespace camfleet::net
