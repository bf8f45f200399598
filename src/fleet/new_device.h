#pragma once
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/secret.h"
#include "model/driver.h"
#include "model/ports.h"
#include "net/address.h"

namespace camfleet::fleet {

// What an operator gives to add a device. An empty spec.id is generated from the name or the address. A user
// and password inside spec.url move out of it; they count where username and password are empty.
struct NewDevice {
  model::DeviceSpec spec;
  Secret password;
};

// Checks and tidies it, before anything is stored: the login leaves the url, an empty address is taken from
// the url, each driver is known, and a literal address is one that we may connect to. device.invalid,
// device.no_driver, net.forbidden_address.
Result<void> prepare(NewDevice& device, const std::unordered_map<std::string, model::Driver*>& drivers,
                     const net::AddressGuard& guard);

// Where it is and by which driver it is spoken to: two devices with the same text are one device added twice.
std::string endpoint_of(const model::DeviceSpec& spec);

// What an id is generated from: of the name, else of the address, else "device".
std::string id_base(const model::DeviceSpec& spec);
// "Gate 7 (north)" -> "gate-7-north"; empty where nothing of the text can stand in an id. At most 48 bytes.
std::string slug(std::string_view text);

}  // namespace camfleet::fleet
