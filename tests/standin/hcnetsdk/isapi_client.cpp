#include "isapi_client.h"

#include <array>

#include "proto/http/head.h"
#include "proto/isapi/user_check.h"
#include "sdkhost/abi_errors.h"

namespace camfleet::standin {
namespace {
namespace abi = sdkhost::abi;

constexpr std::size_t kMaxHead = 32 * 1024;
constexpr std::size_t kMaxBody = 8 * 1024 * 1024;

std::uint32_t number_of(Code code) {
  switch (code) {
    case Code::device_locked:
      return abi::error_locked;
    case Code::device_sessions_full:
      return abi::error_max_users;
    case Code::device_bad_credentials:
      return abi::error_password;
    default:
      return abi::error_failed;
  }
}
}  // namespace

IsapiAnswer IsapiClient::ask(std::string_view method, std::string_view target, std::string_view body,
                             Limits limits) {
  return run(method, target, body, limits, false);
}

IsapiAnswer IsapiClient::begin_stream(std::string_view target, Limits limits) {
  return run("GET", target, {}, limits, true);
}

IsapiAnswer IsapiClient::run(std::string_view method, std::string_view target, std::string_view body,
                             Limits limits, bool endless) {
  IsapiAnswer out;
  digest::Attempt attempt{digest_, false};
  for (;;) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.headers.add("Host", where_.address);
    const auto login = attempt.authorization(method, target, where_.username, where_.password);
    if (!login.empty()) request.headers.add("Authorization", login);
    if (!body.empty()) request.headers.add("Content-Type", "application/xml");
    const http::Framing framing{body.empty() ? http::Framing::Kind::none : http::Framing::Kind::length,
                                body.size()};
    const auto bytes = http::serialise(request, framing) + std::string{body};

    http::Response head;
    const bool reused = socket_.open();
    out.error = send(bytes, limits);
    if (out.error == 0) out.error = receive_head(method, head, limits);
    if (out.error != 0 && reused && out.error != abi::error_receive_timeout) {
      // The device had closed a connection that we kept.
      socket_.close();
      out.error = send(bytes, limits);
      if (out.error == 0) out.error = receive_head(method, head, limits);
    }
    out.status = head.status;
    if (out.error == 0 && endless && head.status == 200) {
      const std::vector<std::string_view> none;
      attempt.answered(200, none);
      return out;
    }
    out.body.clear();
    if (out.error == 0) out.error = receive_body(out.body, limits);
    if (out.error != 0) {
      socket_.close();
      return out;
    }
    if (!http::keeps_alive(head.headers, head.minor_version)) socket_.close();

    isapi::LoginHints said;
    if (head.status == 401) said = isapi::login_hints(out.body);
    const auto challenges = head.headers.get_all("WWW-Authenticate");
    const auto verdict = attempt.answered(
        head.status, challenges,
        {.locked = said.locked, .unlock_s = said.unlock_s, .stale = said.stale, .full = said.full});
    if (verdict.next == digest::Attempt::Verdict::Next::again) continue;
    if (verdict.next == digest::Attempt::Verdict::Next::failed) {
      out.error =
          said.not_activated ? std::uint32_t{abi::error_not_activated} : number_of(verdict.error.code);
      out.attempts_left = said.attempts_left;
      out.locked_seconds = said.unlock_s;
    }
    return out;
  }
}

std::uint32_t IsapiClient::send(const std::string& bytes, Limits limits) {
  rest_.clear();
  if (!socket_.open() && !socket_.connect(where_.address, where_.port, limits.connect))
    return abi::error_connect;
  return socket_.send(bytes, limits.receive) ? abi::error_none : abi::error_send;
}

std::uint32_t IsapiClient::receive_more(Limits limits) {
  std::array<std::uint8_t, 16 * 1024> buffer;
  std::size_t size = 0;
  switch (socket_.receive(buffer, size, limits.receive)) {
    case Socket::Got::timeout:
      return abi::error_receive_timeout;
    case Socket::Got::end:
      return abi::error_receive;
    case Socket::Got::bytes:
      break;
  }
  rest_.insert(rest_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  return abi::error_none;
}

std::uint32_t IsapiClient::receive_head(std::string_view method, http::Response& head, Limits limits) {
  for (;;) {
    if (const auto end = http::end_of_head(as_text(rest_), true)) {
      auto parsed = http::parse_response_head(as_text(rest_).substr(0, *end));
      if (!parsed) return abi::error_bad_data;
      const auto framing = http::response_framing(*parsed, method);
      if (!framing) return abi::error_bad_data;
      decoder_ = http::BodyDecoder{*framing, framing->kind == http::Framing::Kind::length ? kMaxBody : 0};
      rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(*end));
      head = std::move(*parsed);
      return abi::error_none;
    }
    if (rest_.size() > kMaxHead || (rest_.size() >= 5 && !as_text(rest_).starts_with("HTTP/")))
      return abi::error_bad_data;
    if (const auto error = receive_more(limits); error != 0) return error;
  }
}

std::uint32_t IsapiClient::receive_body(std::string& body, Limits limits) {
  while (!decoder_.done()) {
    if (!rest_.empty()) {
      const auto step = decoder_.decode(rest_);
      if (!step) return abi::error_bad_data;
      body += as_text(ByteView{rest_}.first(step->body));
      rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(step->used));
      if (body.size() > kMaxBody) return abi::error_bad_data;
      continue;
    }
    const auto error = receive_more(limits);
    if (error == abi::error_receive && decoder_.end_of_stream()) return abi::error_none;
    if (error != 0) return error;
  }
  return abi::error_none;
}

}  // namespace camfleet::standin
