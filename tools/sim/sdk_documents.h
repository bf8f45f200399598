#pragma once
#include <string>
#include <string_view>

#include "sim/device.h"

namespace camfleet::sim {

// What the vendor's library asks a device for besides, when it logs in by ISAPI: the ports, inputs and
// outputs, disks, talk channels. Empty: no such document.
std::string find_sdk_document(const Device& device, std::string_view path);

}  // namespace camfleet::sim
