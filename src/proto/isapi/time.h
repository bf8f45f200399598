#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace camfleet::isapi {

// A device's zone element: "CST-8:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00" is UTC+8 (POSIX has the
// sign the other way round), with its daylight saving rule kept as it came.
struct Zone {
  std::chrono::seconds offset{};  // what local time is ahead of UTC, without daylight saving
  std::string name;               // "CST"
  std::string dst;                // "DST01:00:00,M3.5.0/...", empty where there is none
  bool operator==(const Zone&) const = default;
};
std::optional<Zone> parse_zone(std::string_view text);
// The offset in the POSIX form: "CST-8:00:00".
std::string format_zone(std::chrono::seconds offset, std::string_view name = "CST");

// A time as devices write it: with a zone, `Z`, a one-digit offset ("-8:00"), milliseconds, no seconds, or a
// blank for the T; and the compact form of playback addresses (20260101T000000Z).
struct DeviceTime {
  std::chrono::local_time<std::chrono::milliseconds> local{};
  std::optional<std::chrono::minutes> offset;  // of the text itself
  bool utc_mark = false;  // ended in Z: in searches and playback addresses that is still local time
  bool operator==(const DeviceTime&) const = default;

  // UTC by the text's own offset, else by `zone`.
  WallTime utc(std::chrono::seconds zone = {}) const;
};
std::optional<DeviceTime> parse_time(std::string_view text);
// "2024-11-19T16:53:28+01:00" of a moment at an offset.
std::string format_time(WallTime time, std::chrono::minutes offset);

// GET /ISAPI/System/time.
struct TimeSettings {
  std::string mode;  // NTP, manual, platform, satellite ...
  std::string local_text;
  std::string zone_text;
  std::optional<DeviceTime> local;
  std::optional<Zone> zone;
  // The device's clock in UTC, if its text can be read.
  std::optional<WallTime> utc() const;
};
Result<TimeSettings> parse_time_settings(std::string_view body);

}  // namespace camfleet::isapi
