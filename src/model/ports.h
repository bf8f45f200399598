#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// One change of the registry.
struct StoreChange {
  enum class Kind : std::uint8_t {
    put,    // the whole record, new or in place of another
    edit,   // what an operator says of it; what the device taught us stays, unless it is to be forgotten
    learn,  // what the device taught us: known_serial and rejected_version, and nothing else
    remove  // the id alone counts
  };
  Kind kind = Kind::put;
  DeviceRecord record;
  bool forget_refusal = false;   // of an edit: whatever was refused counts no more
  bool forget_identity = false;  // of an edit: whatever device answers next is the right one

  static StoreChange put(DeviceRecord record) { return {Kind::put, std::move(record)}; }
  static StoreChange learn(DeviceRecord record) { return {Kind::learn, std::move(record)}; }
  static StoreChange remove(DeviceId id) {
    StoreChange out{Kind::remove, {}};
    out.record.spec.id = std::move(id);
    return out;
  }
};

// The durable registry. Calls return when the change is on disk; they may run on a thread of the store's own.
// Changes are written in the order of the calls.
class DeviceStore {
 public:
  virtual ~DeviceStore() = default;
  virtual Result<std::vector<DeviceRecord>> load() = 0;  // at the start, blocking
  // All of them in one transaction, or none. An edit or a lesson of a device that is not there changes
  // nothing. Where the caller is cancelled meanwhile, they are written all the same. storage.failed.
  virtual net::Task<Result<void>> apply(std::vector<StoreChange> changes) = 0;

  // One change.
  net::Task<Result<void>> put(DeviceRecord record) { return one(StoreChange::put(std::move(record))); }
  net::Task<Result<void>> remove(DeviceId id) { return one(StoreChange::remove(std::move(id))); }

 protected:
  net::Task<Result<void>> one(StoreChange change) {
    std::vector<StoreChange> changes;
    changes.push_back(std::move(change));
    return apply(std::move(changes));
  }
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
