#pragma once
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "model/device.h"
#include "model/event.h"
#include "net/asio.h"

namespace camfleet::model {

// The way of one device's reports into the ledger, and what is known of whether they could come. Made for as
// long as the device is in the fleet. All calls but heard() are made on the device's loop; none but room()
// waits.
class EventLane {
 public:
  virtual ~EventLane() = default;
  // Takes one report, always: who reads a device's socket asks for room() before it reads on.
  virtual void report(Event event) = 0;
  // Until there is room for more of this device: true; false where the deadline comes first. The device that
  // sends most waits first.
  virtual net::Task<bool> room(Deadline deadline) = 0;
  // The device sent something. Thread-safe, an atomic store.
  virtual void heard(WallTime at) = 0;

  // Alarms reach us from now on.
  virtual void armed() = 0;
  // They do not, since the device was last heard. `why` is a blind.* code; its place the words beside it.
  // Where it is blind already, nothing new.
  virtual void blind(Error why) = 0;
  // The device came to another state.
  virtual void moved(DeviceState to, const Error& why) = 0;
  // It left the fleet: nothing is expected of it any more. Thread-safe.
  virtual void gone() = 0;
};

// Where reports go in. Thread-safe, outlives its lanes.
class EventIntake {
 public:
  virtual ~EventIntake() = default;
  // Of a device that is in the fleet from now on. It is blind until it says that it is armed.
  virtual std::unique_ptr<EventLane> open(const DeviceId& device) = 0;
  // For reports that their sender wants acknowledged: returns when all are on disk. events.congested,
  // ledger.*: they are not, and may not be acknowledged.
  virtual net::Task<Result<void>> commit(std::vector<Event> events) = 0;
};

}  // namespace camfleet::model
