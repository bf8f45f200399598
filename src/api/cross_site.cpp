#include "api/cross_site.h"

#include "base/text.h"

namespace camfleet::api {

Result<void> check_same_site(const net::HttpRequest& request) {
  const auto& headers = request.headers;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads && !headers.has("Upgrade")) return {};
  if (const auto site = headers.get("Sec-Fetch-Site"); !site.empty()) {
    if (site == "same-origin" || site == "none") return {};
    return fail(Code::auth_cross_site, "Sec-Fetch-Site: comes from another site");
  }
  const auto origin = headers.get("Origin");
  if (origin.empty()) return {};
  const auto host = std::string{headers.get("Host")};
  if (iequals(origin, "http://" + host) || iequals(origin, "https://" + host)) return {};
  return fail(Code::auth_cross_site, "Origin is another site");
}

Result<void> check_body_type(const net::HttpRequest& request) {
  if (request.body.empty()) return {};
  const auto full = request.headers.get("Content-Type");
  auto rest = full;
  const auto type = trim(take_until(rest, ';'));
  for (const std::string_view simple :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
    if (iequals(type, simple))
      return fail(Code::api_unsupported_type, "wants application/json, or what the address says");
  return {};
}

}  // namespace camfleet::api
