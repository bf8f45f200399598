#include "net/address.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "base/text.h"

namespace camfleet::net {
namespace {

using asio::ip::address_v6;

bool in_v4(const Address& a, std::uint32_t network, int prefix) {
  return a.is_v4() && (a.to_v4().to_uint() ^ network) >> (32 - prefix) == 0;
}

bool starts_with(const address_v6::bytes_type& bytes, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

// Why nobody may connect there, whatever is allowed; empty: nothing against it.
std::string_view never(const Address& a) {
  if (a.is_v4()) {
    if (in_v4(a, 0, 8)) return "this network";
    if (in_v4(a, 0xa9fe0000, 16)) return "link-local";
    if (in_v4(a, 0xe0000000, 4)) return "multicast";
    if (in_v4(a, 0xf0000000, 4)) return "reserved or broadcast";
    return {};
  }
  const auto v6 = a.to_v6();
  const auto bytes = v6.to_bytes();
  if (v6.is_unspecified()) return "unspecified";
  if (v6.is_link_local()) return "link-local";
  if (v6.is_multicast()) return "multicast";
  if (starts_with(bytes, {0xfe, 0xc0}) || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0xc0))
    return "site-local";
  if (starts_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) && !v6.is_loopback()) return "IPv4-compatible";
  if (starts_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return "IPv4-translated";
  if (starts_with(bytes, {0, 0x64, 0xff, 0x9b})) return "NAT64";
  if (starts_with(bytes, {0x20, 0x02})) return "6to4";
  if (starts_with(bytes, {0x20, 0x01, 0, 0})) return "Teredo";
  if (starts_with(bytes, {0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}))
    return "metadata service";
  return {};
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  const auto wrong = [&] {
    return fail(Code::url_invalid, "host and port: " + clean_utf8(text.substr(0, 80)));
  };
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return wrong();
    host = text.substr(1, end - 1);
    const auto after = text.substr(end + 1);
    if (!after.empty() && after[0] != ':') return wrong();
    if (!after.empty()) {
      port = after.substr(1);
      has_port = true;
    }
    if (host.find(':') == host.npos) return wrong();
  } else if (const auto colon = text.find(':'); colon != text.npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty() || host.size() > 253) return wrong();
  for (const unsigned char c : host)
    if (c <= 0x20 || c == 0x7f || c == '/' || c == '@' || c == '?' || c == '#' || c == '\\') return wrong();
  std::uint16_t number = default_port;
  if (has_port) {
    const auto parsed = parse_int<std::uint16_t>(port);
    if (!parsed) return wrong();
    number = *parsed;
  } else if (default_port == 0) {
    return wrong();
  }
  return HostPort{std::string{host}, number};
}

std::string to_string(const HostPort& where) {
  const bool v6 = where.host.find(':') != where.host.npos;
  return (v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

std::string to_string(const Endpoint& endpoint) {
  return to_string(HostPort{endpoint.address().to_string(), endpoint.port()});
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.find('\0') != text.npos) return std::nullopt;
  ErrorCode error;
  const auto address = asio::ip::make_address(std::string{text}, error);
  if (error) return std::nullopt;
  return normalised(address);
}

Address normalised(const Address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

bool is_odd_spelling(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
  if (last.empty()) return !host.empty();
  const bool digits = std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
  const bool hex = istarts_with(last, "0x");
  return (digits || hex) && !parse_address(host);
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const auto wrong = [&] { return fail(Code::config_invalid, "network: " + clean_utf8(text.substr(0, 80))); };
  auto rest = text;
  const auto address = parse_address(take_until(rest, '/'));
  if (!address) return wrong();
  const int width = address->is_v4() ? 32 : 128;
  int prefix = width;
  if (text.find('/') != text.npos) {
    const auto given = parse_int<int>(rest);
    if (!given || *given < 0 || *given > width) return wrong();
    prefix = *given;
  }
  Cidr cidr;
  cidr.network_ = *address;
  cidr.prefix_ = prefix;
  return cidr;
}

bool Cidr::contains(const Address& address) const {
  if (address.is_v4() != network_.is_v4()) return false;
  if (prefix_ == 0) return true;
  if (address.is_v4()) return in_v4(address, network_.to_v4().to_uint(), prefix_);
  const auto a = address.to_v6().to_bytes();
  const auto b = network_.to_v6().to_bytes();
  const auto whole = static_cast<std::size_t>(prefix_ / 8);
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int bits = prefix_ % 8;
  return bits == 0 || (a[whole] ^ b[whole]) >> (8 - bits) == 0;
}

AddressGuard::AddressGuard() {
  for (const char* network : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
    allowed_.push_back(*Cidr::parse(network));
}

AddressGuard::AddressGuard(const AddressGuard& other) { *this = other; }

AddressGuard& AddressGuard::operator=(const AddressGuard& other) {
  if (this == &other) return *this;
  const std::shared_lock theirs{other.mutex_};
  const std::lock_guard ours{mutex_};
  allowed_ = other.allowed_;
  own_ = other.own_;
  return *this;
}

void AddressGuard::allow(Cidr network) {
  const std::lock_guard lock{mutex_};
  allowed_.push_back(network);
}

void AddressGuard::replace_allowed(const AddressGuard& other) {
  const std::shared_lock theirs{other.mutex_};
  const std::lock_guard ours{mutex_};
  allowed_ = other.allowed_;
}

void AddressGuard::refuse(Endpoint own) {
  const std::lock_guard lock{mutex_};
  own_.push_back(own);
}

Result<AddressGuard> AddressGuard::parse(const std::vector<std::string>& allowed) {
  std::vector<Cidr> networks;
  for (const auto& text : allowed) {
    auto network = Cidr::parse(text);
    if (!network) return fail(network.error());
    networks.push_back(*network);
  }
  return AddressGuard{std::move(networks)};
}

Result<> AddressGuard::check(const Endpoint& to) const {
  const Address address = normalised(to.address());
  const auto refuse = [&](std::string_view why) {
    return fail(Code::net_forbidden_address, address.to_string() + ": " + std::string{why});
  };
  if (const auto why = never(address); !why.empty()) return refuse(why);
  if (to.port() == 0) return refuse("port 0");
  const std::shared_lock lock{mutex_};
  for (const auto& own : own_) {
    const Address at = normalised(own.address());
    if (own.port() == to.port() && (at == address || (at.is_unspecified() && address.is_loopback())))
      return refuse("our own listener");
  }
  for (const auto& network : allowed_) {
    if (!network.contains(address)) continue;
    const bool meant =
        network.network().is_loopback() && (network.network().is_v6() || network.prefix() >= 8);
    if (!address.is_loopback() || meant) return {};
  }
  return refuse(address.is_loopback() ? "loopback is not allowed" : "not in an allowed network");
}

}  // namespace camfleet::net
