#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "model/ids.h"
#include "model/stream.h"

namespace camfleet::model {

// What an operator says of a device. The password is not in it: it travels as a Secret beside it.
struct DeviceSpec {
  DeviceId id;
  std::string name;
  std::vector<std::string> drivers{"hikvision"};  // in order of preference
  std::string address;                            // host name or IP, without a port
  std::uint16_t http_port = 80;
  std::uint16_t https_port = 443;
  std::uint16_t rtsp_port = 554;
  std::uint16_t sdk_port = 8000;
  std::string sdk_login = "auto";
  bool sdk_tls = false;  // the library speaks TLS to sdk_port, or by ISAPI to https_port
  std::string username;
  std::string url;  // of the rtsp driver, without user and password
  std::string transport = "tcp";
  std::string timezone;
  std::vector<std::string> tags;
  bool enabled = true;
  bool always_on = false;

  friend bool operator==(const DeviceSpec&, const DeviceSpec&) = default;
};
// The first rule that a field breaks: code device.invalid, place "field: what it wants".
Result<void> validate(const DeviceSpec& spec);

// The eight states of a device; everything finer is a reason code.
enum class DeviceState : std::uint8_t {
  disabled,
  waiting,
  connecting,
  online,
  degraded,
  backoff,
  rejected,
  locked
};
inline constexpr int kDeviceStates = 8;
std::string_view to_text(DeviceState state);

// What a device said of itself at login.
struct ProfileInfo {
  Profile profile = Profile::main;
  Codec codec = Codec::unknown;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint16_t fps_x100 = 0;
  std::uint32_t bitrate_kbps = 0;
  Codec audio = Codec::unknown;  // unknown: none, or not said
};
struct Channel {
  std::uint16_t number = 1;
  std::string name;
  bool online = true;  // of a recorder's camera
  bool ptz = false;    // it can be moved
  std::vector<ProfileInfo> profiles;
};
struct DeviceFacts {
  std::string kind;  // "ipc", "nvr", "dvr", "access", "rtsp"
  std::string model;
  std::string serial;
  std::string mac;
  std::string firmware;
  std::vector<Channel> channels;
  std::optional<std::int64_t> clock_offset_ms;  // device minus us
  std::uint8_t driver = 0;                      // which of DeviceSpec::drivers logged in: its index
};

struct Move {
  DeviceState to = DeviceState::waiting;
  Code reason = Code::ok;
  std::string detail;
  WallTime at{};
};

// All that the API tells of a device, as it was at one moment. Immutable and shared by its readers.
struct DeviceView {
  DeviceSpec spec;
  bool has_password = false;
  std::uint64_t revision = 0;  // of the spec, for ETag
  DeviceState state = DeviceState::waiting;
  Code reason = Code::fleet_added;
  std::string detail;
  WallTime since{};
  std::uint32_t attempts = 0;            // failed ones in a row
  std::optional<WallTime> next_attempt;  // in backoff and locked
  std::optional<WallTime> last_heard;
  std::uint64_t events = 0;
  std::shared_ptr<const DeviceFacts> facts;  // of the last login; null before the first
  std::string known_serial;                  // of the last login ever, also before a restart; empty: none yet
  std::vector<Move> history;                 // the last 32, oldest first
};
using DeviceViewPtr = std::shared_ptr<const DeviceView>;

}  // namespace camfleet::model
