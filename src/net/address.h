#pragma once
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/asio.h"

namespace camfleet::net {

// "127.0.0.1:8080", "[::1]:80", "camera.example:554".
struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};
// `default_port` where the text has none; url.invalid where there is neither, or the text is not of this
// form.
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port = 0);
// With brackets around IPv6.
std::string to_string(const HostPort& where);
std::string to_string(const Endpoint& endpoint);

// A numeric address in its usual spelling only ("10.0.0.1", "fe80::1%eth0"), IPv4-mapped IPv6 as the IPv4
// that it is.
std::optional<Address> parse_address(std::string_view text);
// The same address, with an IPv4-mapped one as IPv4.
Address normalised(const Address& address);
// "0x7f.1", "2130706433", "0177.0.0.1", "127.1": something that the C library would take for an IPv4 address,
// but that is not its usual spelling. Such a host is refused before it is resolved.
bool is_odd_spelling(std::string_view host);

// "10.0.0.0/8", "fd00::/8", or a single address.
class Cidr {
 public:
  static Result<Cidr> parse(std::string_view text);  // config.invalid
  bool contains(const Address& address) const;
  const Address& network() const { return network_; }
  int prefix() const { return prefix_; }

 private:
  Address network_;
  int prefix_ = 0;
};

// Which addresses we may connect to. Asked for the resolved address, at the moment of connecting.
// Thread-safe; a copy goes its own way.
//
// Never: 0/8, link-local (169.254.169.254 with it), multicast, reserved and broadcast, addresses that wrap
// another one (NAT64, 6to4, Teredo, IPv4-compatible), fd00:ec2::254, our own listeners. Loopback only inside
// an allowed network that is itself a part of loopback. Everything else only inside an allowed network.
class AddressGuard {
 public:
  // RFC 1918 and ULA.
  AddressGuard();
  explicit AddressGuard(std::vector<Cidr> allowed) : allowed_(std::move(allowed)) {}
  AddressGuard(const AddressGuard& other);
  AddressGuard& operator=(const AddressGuard& other);
  // config.invalid names the text that is not a network.
  static Result<AddressGuard> parse(const std::vector<std::string>& allowed);

  void allow(Cidr network);
  // These networks from now on, in place of those before: of another guard, whose own listeners do not count.
  void replace_allowed(const AddressGuard& other);
  // One of our own listeners; an unspecified address means this port on every loopback address.
  void refuse(Endpoint own);

  // net.forbidden_address, with the address and the reason as its place.
  Result<> check(const Endpoint& to) const;

 private:
  mutable std::shared_mutex mutex_;
  std::vector<Cidr> allowed_;
  std::vector<Endpoint> own_;
};

}  // namespace camfleet::net
