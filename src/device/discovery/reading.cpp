#include "device/discovery/reading.h"

#include <algorithm>

#include "base/text.h"
#include "proto/url/url.h"
#include "proto/wsd/scopes.h"

namespace camfleet::device::discovery {
namespace {

constexpr std::size_t kMaxAddresses = 8;
constexpr std::size_t kMaxTypes = 8;
constexpr std::size_t kMaxText = 128;

// Cut where a character ends.
std::string shortened(std::string text, std::size_t most = kMaxText) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
  return text;
}

void note(model::Discovered& what, const net::Address& address, std::uint16_t port, bool secure,
          const net::AddressGuard& guard) {
  if (what.addresses.size() == kMaxAddresses) return;
  const auto plain = net::normalised(address);
  model::DiscoveredAddress entry{plain.to_string(), port, secure,
                                 guard.check(net::Endpoint{plain, port}).has_value()};
  if (std::ranges::find(what.addresses, entry) == what.addresses.end())
    what.addresses.push_back(std::move(entry));
}

void choose_address(model::Discovered& what, const net::Address& from, const net::AddressGuard& guard) {
  what.source = net::normalised(from).to_string();
  if (what.addresses.empty()) note(what, from, what.http_port.value_or(80), false, guard);
  const auto& all = what.addresses;
  auto best = std::ranges::find(all, what.source, &model::DiscoveredAddress::address);
  if (best == all.end()) best = std::ranges::find(all, true, &model::DiscoveredAddress::allowed);
  if (best == all.end()) best = all.begin();
  what.address = best->address;
  what.allowed = best->allowed;
}

bool says_hikvision(const wsd::ScopeFacts& facts) {
  const auto name = to_lower(facts.name);
  return name.find("hikvision") != std::string::npos || istarts_with(facts.hardware, "DS-") ||
         istarts_with(facts.hardware, "iDS-");
}

}  // namespace

std::string normalised_mac(std::string_view text) {
  std::string digits;
  for (const char c : to_lower(trim(text))) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) {
      digits += c;
    } else if (c != '-' && c != ':' && c != '.') {
      return {};
    }
  }
  if (digits.size() != 12 || digits == "000000000000" || digits == "ffffffffffff") return {};
  std::string out;
  for (std::size_t i = 0; i < 12; i += 2) out += (i > 0 ? ":" : "") + digits.substr(i, 2);
  return out;
}

std::vector<Sighting> read(const wsd::Message& message, const net::Address& from,
                           const net::AddressGuard& guard) {
  std::vector<Sighting> out;
  for (const auto& target : message.targets) {
    Sighting sighting;
    sighting.bye = message.kind == wsd::Kind::bye;
    auto& what = sighting.what;
    what.wsd = true;
    what.epr = shortened(target.epr);
    const auto facts = wsd::read_scopes(target.scopes);
    what.name = shortened(facts.name);
    what.model = shortened(facts.hardware);
    what.location = shortened(facts.location);
    what.mac = normalised_mac(facts.mac);
    what.hikvision = says_hikvision(facts);
    for (const auto& type : target.types)
      if (what.types.size() < kMaxTypes) what.types.push_back(shortened(type, 64));
    for (const auto& xaddr : target.xaddrs) {
      const auto parsed = url::parse(xaddr);
      if (!parsed || !parsed->url.scheme.starts_with("http")) continue;
      if (const auto address = net::parse_address(parsed->url.host))
        note(what, *address, parsed->url.effective_port(), parsed->url.secure(), guard);
    }
    choose_address(what, from, guard);
    for (const auto& each : what.addresses) {
      if (each.address != what.address || target.xaddrs.empty()) continue;
      auto& port = each.secure ? what.https_port : what.http_port;
      if (!port) port = each.port;
    }
    out.push_back(std::move(sighting));
  }
  return out;
}

Sighting read(const sadp::Device& device, const net::Address& from, const net::AddressGuard& guard) {
  Sighting sighting;
  auto& what = sighting.what;
  what.sadp = true;
  what.hikvision = true;
  what.model = shortened(device.model);
  what.serial = shortened(device.serial);
  what.mac = normalised_mac(device.mac);
  what.firmware = shortened(device.firmware);
  what.activated = device.activated;
  what.dhcp = device.dhcp;
  what.http_port = device.http_port;
  what.sdk_port = device.command_port;
  const unsigned channels = device.analog_channels.value_or(0) + device.digital_channels.value_or(0);
  if (channels > 0 && channels <= 4096) what.channels = static_cast<std::uint16_t>(channels);
  for (const auto& text : {device.ipv4, device.ipv6}) {
    const auto address = net::parse_address(text);
    if (address && !address->is_unspecified())
      note(what, *address, what.http_port.value_or(80), false, guard);
  }
  choose_address(what, from, guard);
  return sighting;
}

}  // namespace camfleet::device::discovery
