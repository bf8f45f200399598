#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "device.h"
#include "proto/isapi/alert.h"
#include "sdkhost/abi.h"

namespace camfleet::standin {

// One part of an alert stream, and the pictures that came with it.
struct Report {
  std::string text;
  isapi::Alert alert;
  std::vector<std::string> pictures;
};

using Hand = std::function<void(std::int32_t command, void* info, std::uint32_t size)>;

// Makes of a report what the library hands to a message callback, and hands it on: in ISAPI mode the text as
// it came; by the old protocol a structure where there is one for its type, which tells beginnings alone.
// `want_v40`: as the alarm channel was set up.
void hand_out(const Report& report, const Device& device, bool want_v40, const Hand& hand);

}  // namespace camfleet::standin
