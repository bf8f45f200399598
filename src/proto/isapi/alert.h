#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/isapi/device.h"
#include "proto/isapi/time.h"

namespace camfleet::isapi {

struct Point {
  int x = 0;  // thousandths of the picture
  int y = 0;
  bool operator==(const Point&) const = default;
};
struct Region {
  int id = 0;
  int sensitivity = 0;
  std::vector<Point> outline;  // at most 64
  std::string target;          // human, vehicle
  bool operator==(const Region&) const = default;
};

// What a door or terminal adds.
struct AccessEvent {
  int major = 0;
  int minor = 0;
  std::uint32_t serial = 0;     // counts up: shows gaps
  std::optional<bool> current;  // false: replayed from the device's store
  std::string device_name;
  int door = 0;
  bool operator==(const AccessEvent&) const = default;
};

enum class AlertState : std::uint8_t { unknown, active, inactive };

// One EventNotificationAlert, XML or JSON. Nothing of it is trusted to be there.
struct Alert {
  std::string type;  // as sent: "VMD"
  std::string kind;  // the same in lower case, with one name for what has several: "vmd", "tamperdetection"
  AlertState state = AlertState::unknown;
  int channel = 0;           // as a gateway numbers it, from 1; 0: the device itself, or not said
  std::string channel_text;  // as sent, of the element that was used
  std::string channel_name;
  std::string time_text;
  std::optional<DeviceTime> time;
  std::optional<int> count;  // activePostCount; absent where empty
  std::string description;
  std::string target;   // human, vehicle
  std::string related;  // the event that a `duration` prolongs, as sent
  std::string io_port;
  std::vector<Region> regions;  // at most 32
  std::string address;
  std::string mac;
  std::string serial;
  int pictures = 0;  // announced with it
  bool retransmission = false;
  bool heartbeat = false;  // nothing happened: the device is alive
  std::optional<AccessEvent> access;
  bool operator==(const Alert&) const = default;
};

// `kind`: on recorders a channelID above 32 is IP channel n - 32. device_unexpected_answer for another
// document.
Result<Alert> parse_alert(std::string_view body, DeviceKind kind = DeviceKind::unknown);

// The one name of an event type: lower case, without the "-1" of trigger ids, motionDetection as vmd ...
std::string canonical_type(std::string_view type);
// Types that have no end: each report is an event of its own.
bool is_pulse(std::string_view kind);

}  // namespace camfleet::isapi
