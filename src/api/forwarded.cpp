#include "api/forwarded.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace camfleet::api {
namespace {

// "10.0.0.1", "2001:db8::1"; some proxies add a port: "10.0.0.1:4711", "[2001:db8::1]:4711".
std::optional<net::Address> address_of(std::string_view text) {
  if (const auto plain = net::parse_address(text)) return plain;
  const auto with_port = net::parse_host_port(text, 1);
  return with_port ? net::parse_address(with_port->host) : std::nullopt;
}

}  // namespace

bool TrustedProxies::trusts(const net::Address& address) const {
  return std::ranges::any_of(networks_, [&](const net::Cidr& one) { return one.contains(address); });
}

net::Address TrustedProxies::caller(const net::Address& peer, const net::HttpHeaders& headers) const {
  auto at = net::normalised(peer);
  if (networks_.empty()) return at;
  auto lines = headers.get_all("X-Forwarded-For");
  for (std::size_t hops = 0; hops < kMostHops && !lines.empty() && trusts(at); ++hops) {
    auto& line = lines.back();
    const auto comma = line.rfind(',');
    const auto said = address_of(trim(comma == line.npos ? line : line.substr(comma + 1)));
    if (!said) break;
    at = *said;
    if (comma == line.npos)
      lines.pop_back();
    else
      line = line.substr(0, comma);
  }
  return at;
}

}  // namespace camfleet::api
