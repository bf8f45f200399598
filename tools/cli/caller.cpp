#include "cli/caller.h"

#include <optional>

#include "base/version.h"
#include "net/loop_groups.h"

namespace camfleet::cli {
namespace {

// A whole list of 1,000 devices with all their channels, or an export of 100,000.
constexpr std::size_t kAnswerLimit = 256 * 1024 * 1024;

// The operator says where the gateway is; unlike a device, it may be anywhere.
net::AddressGuard anywhere() {
  return *net::AddressGuard::parse({"0.0.0.0/0", "127.0.0.0/8", "::/0", "::1/128"});
}

std::optional<Result<net::TlsClient>> trust(const Caller::Options& options) {
  if (!options.gateway.secure()) return std::nullopt;
  return net::TlsClient::make({.ca_file = options.ca_file, .insecure_skip_verify = options.insecure_tls});
}

using Answer = std::optional<Result<net::HttpResponse>>;

net::Task<> exchange(net::HttpConnection& connection, const net::HttpRequest& request, Deadline deadline,
                     Answer& out) {
  auto asking = connection.request(request, deadline, kAnswerLimit);
  out.emplace(co_await std::move(asking));
}

net::Task<> reading(net::HttpConnection& connection, const net::HttpRequest& request, Deadline deadline,
                    std::chrono::seconds silence, const Caller::Piece& piece, Answer& out) {
  auto opening = connection.open_stream(request, deadline);
  auto answer = co_await std::move(opening);
  if (!answer) {
    out.emplace(std::move(answer));
    co_return;
  }
  if (!answer->ok()) {
    auto rest = connection.finish_body(deadline);
    auto body = co_await std::move(rest);
    if (body)
      answer->body = std::move(*body);
    else
      answer = fail(body.error());
    out.emplace(std::move(answer));
    co_return;
  }
  for (;;) {
    auto next = connection.read_body(std::chrono::steady_clock::now() + silence);
    const auto bytes = co_await std::move(next);
    if (!bytes) {
      out.emplace(fail(bytes.error()));
      co_return;
    }
    if (bytes->empty() || !piece(as_text(*bytes))) break;
  }
  connection.close();
  out.emplace(std::move(answer));
}

net::Task<> closing(net::HttpConnection& connection) {
  connection.close();
  co_return;
}

}  // namespace

Caller::Caller(Options options)
    : options_(std::move(options)),
      guard_(anywhere()),
      tls_(trust(options_)),
      connection_(guard_, {options_.gateway.host, options_.gateway.effective_port()}, {},
                  tls_ && *tls_ ? &**tls_ : nullptr) {
  loops_.start();
}

Caller::~Caller() {
  net::block_on(loops_.at(0).executor(), closing(connection_));
  loops_.stop();
}

net::HttpRequest Caller::prepared(const Request& request) const {
  net::HttpRequest out;
  out.method = request.method;
  out.target = request.target;
  out.headers = request.headers;
  out.headers.add("User-Agent", std::string{"camfleet-cli/"} + kVersion);
  out.headers.add("Accept-Language", options_.language);
  if (!out.headers.has("Accept")) out.headers.add("Accept", "application/json, application/problem+json");
  if (!options_.token.empty())
    out.headers.add("Authorization", "Bearer " + std::string{options_.token.reveal()});
  if (!request.body.empty()) out.headers.add("Content-Type", request.type);
  out.body = request.body;
  return out;
}

Result<net::HttpResponse> Caller::call(const Request& request) {
  if (tls_ && !*tls_) return fail(tls_->error());  // never the token in plain text instead
  auto prepared_request = prepared(request);
  Answer answer;
  const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
  net::block_on(loops_.at(0).executor(), exchange(connection_, prepared_request, deadline, answer));
  wipe(prepared_request.body);
  return answer ? std::move(*answer) : fail(Code::net_cancelled);
}

Result<net::HttpResponse> Caller::follow(const Request& request, std::chrono::seconds silence,
                                         const Piece& piece) {
  if (tls_ && !*tls_) return fail(tls_->error());
  const auto prepared_request = prepared(request);
  Answer answer;
  const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
  net::block_on(loops_.at(0).executor(),
                reading(connection_, prepared_request, deadline, silence, piece, answer));
  return answer ? std::move(*answer) : fail(Code::net_cancelled);
}

}  // namespace camfleet::cli
