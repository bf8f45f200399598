#pragma once
#include <optional>

#include "model/event.h"
#include "proto/isapi/device.h"
#include "proto/sdkhost/alarm.h"

namespace camfleet::device::hcnetsdk {

struct Report {
  model::Event event;
  std::int32_t channel = 0;    // as the library numbers it
  bool from_document = false;  // the event says its channel itself
};

// An alarm of the library as the house knows it: the same types as the device would report by ISAPI. What
// came as a document is read as the alert stream's are. Nothing for a heart-beat, for what a terminal replays
// before it comes to the present, and for what has no type.
std::optional<Report> to_event(sdkhost::Alarm alarm, const model::DeviceId& device, isapi::DeviceKind kind);

}  // namespace camfleet::device::hcnetsdk
