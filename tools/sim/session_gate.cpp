#include "sim/session_gate.h"

#include <fmt/format.h>

#include "base/text.h"
#include "proto/isapi/session_login.h"
#include "proto/isapi/write.h"
#include "sim/replies.h"

namespace camfleet::sim {
namespace {

constexpr std::string_view kLogin = "/ISAPI/Security/sessionLogin";
constexpr std::string_view kCapabilities = "/ISAPI/Security/sessionLogin/capabilities";

net::HttpResponse check_of(const Device& device, Account::Verdict verdict, int status) {
  const auto& account = device.account();
  return document(
      isapi::write_user_check(account.user_check(verdict, device.clock().steady()), device.dialect()),
      status);
}

net::HttpResponse log_in(const net::HttpExchange& exchange, Device& device) {
  const auto now = device.clock().steady();
  const auto login = isapi::parse_session_login(exchange.request().body);
  if (!login) return refusal(device, isapi::status_bad_xml(exchange.path()));
  auto& account = device.account();
  const bool right = device.session_logins().right(*login, kUser, account.password());
  const auto verdict = account.judge(right, now);
  if (verdict != Account::Verdict::ok) return check_of(device, verdict, 401);
  if (device.faults().on(Fault::session_login)) device.faults().count(Fault::session_login);
  add(device.counters().logins);
  auto response = check_of(device, verdict, 200);
  const auto cookie = device.session_logins().open(now, device.settings().nonce_life);
  response.headers.add("Set-Cookie", fmt::format("{}; path=/; HttpOnly", cookie));
  // The vendor's library reads the session out of the document.
  const auto id = fmt::format("<sessionID>{}</sessionID>{}", cookie.substr(cookie.find('=') + 1),
                              device.dialect().newline);
  response.body.insert(response.body.rfind("</"), id);
  return response;
}

}  // namespace

std::optional<net::HttpResponse> session_login(const net::HttpExchange& exchange, Device& device) {
  const auto& request = exchange.request();
  const auto& path = exchange.path();
  if (iequals(path, kCapabilities) && request.method == "GET") {
    const auto seed = device.settings().population.seed ^ std::uint64_t{device.identity().index} << 20;
    const bool by_library = request.target.find("random=") != std::string::npos;
    return document(isapi::write_session_login_cap(device.session_logins().challenge(seed, by_library),
                                                   device.dialect()));
  }
  if (iequals(path, kLogin) && request.method == "POST") return log_in(exchange, device);
  if (!has_session(exchange, device)) return std::nullopt;
  if (iequals(path, "/ISAPI/Security/sessionHeartbeat")) return refusal(device, isapi::status_ok(path), 200);
  if (iequals(path, "/ISAPI/Security/sessionLogout")) {
    device.session_logins().close(request.headers.get("Cookie"));
    return refusal(device, isapi::status_ok(path), 200);
  }
  return std::nullopt;
}

bool has_session(const net::HttpExchange& exchange, Device& device) {
  return device.session_logins().good(exchange.request().headers.get("Cookie"), device.clock().steady(),
                                      device.settings().nonce_life);
}

std::optional<net::HttpResponse> session_gate(const net::HttpExchange& exchange, Device& device) {
  if (auto answered = session_login(exchange, device)) return answered;
  if (has_session(exchange, device)) return std::nullopt;
  const bool locked = device.account().locked(device.clock().steady());
  return check_of(device, locked ? Account::Verdict::locked : Account::Verdict::missing, 401);
}

}  // namespace camfleet::sim
