#include "isapi_client.h"

#include <array>
#include <atomic>

#include "proto/isapi/request.h"
#include "proto/isapi/session_login.h"
#include "proto/isapi/user_check.h"
#include "proto/url/url.h"
#include "proto/xml/document.h"
#include "sdkhost/abi_errors.h"

namespace camfleet::standin {
namespace {
namespace abi = sdkhost::abi;

constexpr std::string_view kLogin = "/ISAPI/Security/sessionLogin";
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

// What the device said with its 401; `otherwise` where it said nothing that decides.
void refuse(IsapiAnswer& out, const isapi::LoginHints& said, std::uint32_t otherwise) {
  out.error = said.not_activated ? std::uint32_t{abi::error_not_activated}
              : said.locked      ? std::uint32_t{abi::error_locked}
              : said.full        ? std::uint32_t{abi::error_max_users}
                                 : otherwise;
  out.attempts_left = said.attempts_left;
  out.locked_seconds = said.unlock_s;
}
}  // namespace

IsapiAnswer IsapiClient::ask(std::string_view method, std::string_view target, std::string_view body,
                             Limits limits) {
  return run(method, target, body, limits, false);
}

IsapiAnswer IsapiClient::begin_stream(std::string_view target, Limits limits) {
  return run("GET", target, {}, limits, true);
}

IsapiAnswer IsapiClient::log_in(Limits limits) {
  if (refused_) return *refused_;
  session_.clear();
  static std::atomic<std::uint32_t> random{10'000'000};
  http::Request challenge;
  challenge.method = "GET";
  challenge.target = std::string{kLogin} + "/capabilities?username=" + url::percent_encode(where_.username) +
                     "&random=" + std::to_string(random++);
  challenge.headers.add("Host", where_.address);
  http::Response head;
  auto out = exchange(challenge, {}, limits, false, head);
  if (out.error != 0) return out;
  const auto cap = out.good() ? isapi::parse_session_login_cap(out.body) : fail(Code::device_not_supported);
  if (!cap) {
    refuse(out, isapi::login_hints(out.body), abi::error_not_supported);
    return out;
  }
  auto hash = isapi::session_password(*cap, where_.username, where_.password.reveal());
  auto body = isapi::write_session_login({where_.username, hash, cap->session_id, cap->version});
  http::Request answer;
  answer.method = "POST";
  answer.target = kLogin;
  answer.headers.add("Host", where_.address);
  answer.headers.add("Content-Type", "application/xml");
  out = exchange(answer, body, limits, false, head);
  wipe(hash);
  wipe(body);
  if (out.error != 0) return out;
  if (out.status == 401) {
    refuse(out, isapi::login_hints(out.body), abi::error_password);
    if (out.error == abi::error_password || out.error == abi::error_locked) refused_ = out;
  } else if (!out.good()) {
    out.error = out.status == 503 ? abi::error_busy : abi::error_failed;
  } else {
    const auto document = xml::parse(out.body);
    session_ = document ? document->root().text("sessionID") : std::string{};
    if (session_.empty()) session_ = cap->session_id;
  }
  return out;
}

IsapiAnswer IsapiClient::run(std::string_view method, std::string_view target, std::string_view body,
                             Limits limits, bool endless) {
  if (refused_) return *refused_;
  digest::Attempt attempt{digest_, false};
  for (;;) {
    http::Request request;
    request.method = method;
    request.target = target;
    const bool v6 = where_.address.find(':') != std::string::npos;
    request.headers.add("Host", v6 ? "[" + where_.address + "]" : where_.address);
    const auto login = session_.empty()
                           ? attempt.authorization(method, target, where_.username, where_.password)
                           : std::string{};
    if (!login.empty()) request.headers.add("Authorization", login);
    if (!session_.empty()) request.headers.add("Cookie", "WebSession=" + session_ + ";");
    if (!body.empty()) request.headers.add("Content-Type", isapi::content_type_of(body));
    http::Response head;
    auto out = exchange(request, body, limits, endless, head);
    if (out.error != 0) return out;

    isapi::LoginHints said;
    if (head.status == 401) said = isapi::login_hints(out.body);
    if (!session_.empty()) {
      if (head.status == 401) refuse(out, said, abi::error_not_logged_in);
      return out;
    }
    const auto challenges = head.headers.get_all("WWW-Authenticate");
    const auto verdict = attempt.answered(
        head.status, challenges,
        {.locked = said.locked, .unlock_s = said.unlock_s, .stale = said.stale, .full = said.full});
    if (verdict.next == digest::Attempt::Verdict::Next::again) continue;
    if (verdict.next == digest::Attempt::Verdict::Next::failed)
      refuse(out, said, number_of(verdict.error.code));
    return out;
  }
}

IsapiAnswer IsapiClient::exchange(const http::Request& request, std::string_view body, Limits limits,
                                  bool endless, http::Response& head) {
  const auto& method = request.method;
  const http::Framing framing{body.empty() ? http::Framing::Kind::none : http::Framing::Kind::length,
                              body.size()};
  auto bytes = http::serialise(request, framing) + std::string{body};
  IsapiAnswer out;
  const bool reused = socket_.open();
  out.error = send(bytes, limits);
  if (out.error == 0) out.error = receive_head(method, head, limits);
  if (out.error != 0 && reused && out.error != abi::error_receive_timeout) {
    // The device had closed a connection that we kept.
    socket_.close();
    out.error = send(bytes, limits);
    if (out.error == 0) out.error = receive_head(method, head, limits);
  }
  wipe(bytes);  // may have been a login
  out.status = head.status;
  if (out.error == 0 && endless && head.status == 200) return out;
  if (out.error == 0) out.error = receive_body(out.body, limits);
  if (out.error != 0 || !http::keeps_alive(head.headers, head.minor_version)) socket_.close();
  return out;
}

std::uint32_t IsapiClient::send(const std::string& bytes, Limits limits) {
  rest_.clear();
  if (!socket_.open()) {
    if (!socket_.connect(where_.address, where_.port, limits.connect)) return abi::error_connect;
    if (where_.tls && !socket_.begin_tls(limits.receive)) return abi::error_ssl_connect;
  }
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
