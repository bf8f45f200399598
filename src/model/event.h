#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "model/ids.h"

namespace camfleet::model {

enum class Phase : std::uint8_t { active, inactive, pulse };

// Which way a report came. The numbers are stored: append, never change.
enum class EventSource : std::uint8_t { stream = 0, push = 1, gateway = 2, sdk = 3 };
// For the API and sinks: "isapi.stream", "isapi.push", "gateway", "sdk".
std::string_view to_text(EventSource source);

// A picture that came with a report.
struct EventPicture {
  std::string content_type;  // "image/jpeg"
  Bytes data;                // at most what the multipart parser takes as one part
};

// One alarm as a device reported it, normalised but not yet given an identity.
struct Event {
  DeviceId device;
  std::uint16_t channel = 0;  // 0: the device itself
  std::string type;           // the vendor's word in lower case: "vmd", "linedetection"
  Phase phase = Phase::pulse;
  std::string device_time;  // as it came
  WallTime received{};
  std::string description;
  std::uint32_t count = 0;

  EventSource source = EventSource::stream;
  std::optional<WallTime> happened;     // device_time by our clock; empty where it says no moment
  std::string detail;                   // what tells alarms of one type and channel apart: region, port, door
  std::string target;                   // human, vehicle
  std::optional<std::uint32_t> serial;  // the device's own number of it, where it counts its events
  std::string payload;                  // the document as it came, cut at kMaxPayload
  bool payload_cut = false;
  bool replayed = false;  // the device kept it and tells it late
  std::vector<EventPicture> pictures;

  static constexpr std::size_t kMaxPayload = 64 * 1024;
};

}  // namespace camfleet::model
