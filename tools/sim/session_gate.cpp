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
  device.faults().count(Fault::session_login);
  add(device.counters().logins);
  auto response = check_of(device, verdict, 200);
  response.headers.add(
      "Set-Cookie",
      fmt::format("{}; path=/; HttpOnly", device.session_logins().open(now, device.settings().nonce_life)));
  return response;
}

}  // namespace

std::optional<net::HttpResponse> session_gate(const net::HttpExchange& exchange, Device& device) {
  const auto& request = exchange.request();
  const auto& path = exchange.path();
  if (iequals(path, kCapabilities) && request.method == "GET") {
    const auto seed = device.settings().population.seed ^ std::uint64_t{device.identity().index} << 20;
    return document(
        isapi::write_session_login_cap(device.session_logins().challenge(seed), device.dialect()));
  }
  if (iequals(path, kLogin) && request.method == "POST") return log_in(exchange, device);
  const auto now = device.clock().steady();
  const auto cookies = request.headers.get("Cookie");
  if (!device.session_logins().good(cookies, now, device.settings().nonce_life))
    return check_of(device,
                    device.account().locked(now) ? Account::Verdict::locked : Account::Verdict::missing, 401);
  if (iequals(path, "/ISAPI/Security/sessionHeartbeat")) return refusal(device, isapi::status_ok(path), 200);
  if (iequals(path, "/ISAPI/Security/sessionLogout")) {
    device.session_logins().close(cookies);
    return refusal(device, isapi::status_ok(path), 200);
  }
  return std::nullopt;
}

}  // namespace camfleet::sim
