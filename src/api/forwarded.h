#pragma once
#include <vector>

#include "net/address.h"
#include "net/http.h"

namespace camfleet::api {

// Who asks, where proxies stand before us. X-Forwarded-For is what each proxy says of the one before it, the
// last at the end, and what stands before the first that we do not trust is anybody's invention. So it is
// read from its end, and only as long as the one who says it is trusted: the first address that is no proxy
// of ours is the caller. Immutable; thread-safe.
class TrustedProxies {
 public:
  static constexpr std::size_t kMostHops = 32;

  TrustedProxies() = default;
  explicit TrustedProxies(std::vector<net::Cidr> networks) : networks_(std::move(networks)) {}

  // `peer` itself where it is no trusted proxy, or says nothing. What is no address ("unknown", a name) ends
  // the walk at whoever said it.
  net::Address caller(const net::Address& peer, const net::HttpHeaders& headers) const;

 private:
  bool trusts(const net::Address& address) const;
  std::vector<net::Cidr> networks_;
};

}  // namespace camfleet::api
