#pragma once
#include "fleet/fleet.h"
#include "net/address.h"

namespace camfleet::app {

// Where a device may be has changed: what is outside of `guard` now ends, and names are looked up again. Not
// from a loop.
void end_outside(fleet::Fleet& fleet, const net::AddressGuard& guard);

}  // namespace camfleet::app
