#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "model/device.h"
#include "model/event.h"
#include "model/stream.h"
#include "net/address.h"
#include "net/asio.h"

namespace camfleet::model {

// Opens the sealed password for the one call that needs it. Shared, immutable, thread-safe.
class PasswordSource {
 public:
  virtual ~PasswordSource() = default;
  virtual Result<Secret> open() const = 0;
};

// How long the calls to a device may take, each. One attempt to log in has a budget of its own beside it.
struct CallBudget {
  std::chrono::milliseconds connect{3'000};  // name, TCP
  std::chrono::milliseconds call{5'000};     // a request and the whole of its answer
};

// What a driver needs to reach one device; a value, held by the session.
struct DeviceTarget {
  DeviceSpec spec;
  std::shared_ptr<const PasswordSource> password;
  std::string known_serial;  // empty before the first login; another one at login is device.identity_mismatch
  const net::AddressGuard* guard = nullptr;  // outlives all sessions
  std::string trace_id;                      // of this attempt
  CallBudget calls;
};

// What a session tells its supervisor while it runs; all calls on the device's loop, none waits.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void heard() = 0;                 // the device sent something
  virtual void impaired(Error reason) = 0;  // logged in, but this is missing: the device is degraded
  virtual void restored(Code reason) = 0;   // what that reason named is well again
  virtual void event(Event event) = 0;

  // Alarms reach us from now on; or no longer, and why. A session begins without.
  virtual void armed() {}
  virtual void disarmed(Error /*why*/) {}
  // To be awaited before more of what may be an event is read: where events come faster than they are
  // written, the device has to wait. False: there is still no room at the deadline.
  virtual net::Task<bool> room(Deadline /*deadline*/) { co_return true; }
};

struct Picture {
  Bytes jpeg;
  WallTime taken{};
};

// How a camera is to move from now on: percent of its full speed, -100 to 100. Right, up and closer are
// positive; all zero stops.
struct PtzMove {
  std::int8_t pan = 0;
  std::int8_t tilt = 0;
  std::int8_t zoom = 0;
};

// A request of the vendor's HTTP interface that we hand through as it is, and the answer.
struct IsapiRequest {
  std::string method;  // GET, PUT, POST, DELETE
  std::string path;    // "/ISAPI/System/deviceInfo", with its query
  std::string body;    // XML or JSON; empty: none
};
struct IsapiAnswer {
  int status = 0;  // of HTTP; a refusal by the device is an answer too
  std::string content_type;
  std::string body;
};

// Our logged-in relation with one device. Lives on the device's loop, and so do all its calls; shared by the
// supervisor and by the pulls that run through it.
class Session {
 public:
  virtual ~Session() = default;
  virtual const DeviceFacts& facts() const = 0;
  // Keeps the session: alarm channel, heartbeat. Returns why it is over; ends by cancellation too. Called
  // once.
  virtual net::Task<Error> run(SessionObserver& observer) = 0;
  // Plays one stream into `to` until it ends, and returns why. Several may run at once. Cancellation closes
  // it with a TEARDOWN. `device.bad_credentials` and `device.locked` mean that the supervisor must hear of
  // it.
  virtual net::Task<Error> pull(std::uint16_t channel, Profile profile, Publisher& to) = 0;
  virtual net::Task<Result<Picture>> snapshot(std::uint16_t channel, Profile profile, Deadline deadline) = 0;

  // Moves the camera until told otherwise, or to one of its presets (1 to 300).
  virtual net::Task<Result<>> ptz(std::uint16_t /*channel*/, PtzMove /*move*/, Deadline /*deadline*/) {
    co_return fail(Code::device_not_supported);
  }
  virtual net::Task<Result<>> ptz_preset(std::uint16_t /*channel*/, std::uint16_t /*preset*/,
                                         Deadline /*deadline*/) {
    co_return fail(Code::device_not_supported);
  }
  // Hands a request through to the device; who may is decided before. device.not_supported, net.*.
  virtual net::Task<Result<IsapiAnswer>> isapi(IsapiRequest /*request*/, Deadline /*deadline*/) {
    co_return fail(Code::device_not_supported);
  }
  // Asks for a picture that can be decoded alone, soon. Best effort.
  virtual net::Task<Result<>> request_key_frame(std::uint16_t /*channel*/, Profile /*profile*/,
                                                Deadline /*deadline*/) {
    co_return fail(Code::device_not_supported);
  }
};

// How one kind of device is spoken to. Stateless, thread-safe: one object serves the fleet.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual std::string_view name() const = 0;
  // True where open() arms an alarm channel; where false, "online" says nothing of alarms.
  virtual bool has_alarms() const = 0;
  // Logs in and asks what the device is and can do. One attempt: no retries in here, that is the supervisor's
  // business. The errors that policy knows: device.bad_credentials, device.locked (retry_after_s),
  // device.sessions_full, device.busy, device.identity_mismatch, net.*.
  virtual net::Task<Result<std::shared_ptr<Session>>> open(DeviceTarget target, Deadline deadline) = 0;
};

}  // namespace camfleet::model
