#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/device.h"
#include "net/asio.h"
#include "net/loop.h"

namespace camfleet::model {

// Where the hub gets its streams from; the fleet is behind it.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  // The loop on which this device lives; device.unknown where there is none. Thread-safe.
  virtual Result<net::Loop*> loop_of(const DeviceId& device) = 0;
  // Pulls until the stream ends and says why: device.offline, device.no_channel, ... On the device's loop.
  virtual net::Task<Error> pull(StreamKey key, Publisher& to) = 0;
};

// What a registry keeps of a device. The password is sealed: useless without the key.
struct DeviceRecord {
  DeviceSpec spec;
  std::string sealed_password;           // empty: none
  std::uint64_t credential_version = 1;  // counts up when user name or password change
  std::uint64_t rejected_version = 0;    // the credential version that the device refused, 0: none
  std::string known_serial;
  std::uint64_t revision = 1;
};

// The durable registry. Calls return when the change is on disk; they may run on a thread of the store's own.
class DeviceStore {
 public:
  virtual ~DeviceStore() = default;
  virtual Result<std::vector<DeviceRecord>> load() = 0;  // at the start, blocking
  virtual net::Task<Result<void>> put(DeviceRecord record) = 0;
  virtual net::Task<Result<void>> remove(DeviceId id) = 0;
};

// Seals and opens what must not be read at rest. Thread-safe. `context` binds a text to its place
// ("device/<id>/password").
class SecretBox {
 public:
  virtual ~SecretBox() = default;
  virtual std::string seal(const Secret& plain, std::string_view context) const = 0;
  virtual Result<Secret> open(std::string_view sealed, std::string_view context) const = 0;
};

// The right to watch one stream, as a live token gives it.
struct Grant {
  std::string id;  // of the token
  StreamKey stream;
  WallTime start_before{};  // a new connection must begin before
};

// The one place that decides who may watch what; RTSP, HTTP and WebSocket all ask here. Thread-safe.
class LiveGate {
 public:
  virtual ~LiveGate() = default;
  // auth.missing, auth.invalid, auth.expired, auth.revoked or auth.wrong_stream.
  virtual Result<Grant> admit(const StreamKey& stream, std::string_view token) const = 0;
  // False once the token was revoked; asked again while a viewer watches.
  virtual bool still_good(const Grant& grant) const = 0;
};

}  // namespace camfleet::model
