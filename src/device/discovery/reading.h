#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/discovery.h"
#include "net/address.h"
#include "proto/sadp/message.h"
#include "proto/wsd/message.h"

namespace camfleet::device::discovery {

// One device in one datagram; without key and times.
struct Sighting {
  model::Discovered what;
  bool bye = false;
};

// What a Hello, a Bye or matches say. Addresses that are names are left out, for nothing is resolved; the
// guard decides which are marked as allowed, and nothing is done with the others but showing them. The
// address is the one that the datagram came from where the device names it, else the first allowed one.
std::vector<Sighting> read(const wsd::Message& message, const net::Address& from,
                           const net::AddressGuard& guard);
Sighting read(const sadp::Device& device, const net::Address& from, const net::AddressGuard& guard);

// "44-19-B6-00-00-11" is "44:19:b6:00:00:11"; empty for what is no address of one network card.
std::string normalised_mac(std::string_view text);

}  // namespace camfleet::device::discovery
