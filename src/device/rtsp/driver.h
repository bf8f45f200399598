#pragma once
#include "device/rtsp/client.h"
#include "model/driver.h"

namespace camfleet::device {

struct RtspDriverOptions {
  RtspLimits limits;
  std::chrono::milliseconds heartbeat{20'000};  // jittered by a fifth, so that a fleet does not ask in step
  digest::Policy login;
};

// Anything that speaks RTSP: one address, one channel, the profile main. DESCRIBE is the login and says what
// the device is. The connection stays for the heartbeat, an OPTIONS every 20 s; while a stream plays its
// packets are the heartbeat. A server that closes idle connections is no fault: the next heartbeat dials
// again, and only where that fails too is the session over. No alarms, no snapshots.
class RtspDriver : public model::Driver {
 public:
  explicit RtspDriver(RtspDriverOptions options = {}) : options_(options) {}
  std::string_view name() const override { return "rtsp"; }
  bool has_alarms() const override { return false; }
  net::Task<Result<std::shared_ptr<model::Session>>> open(model::DeviceTarget target,
                                                          Deadline deadline) override;

 private:
  RtspDriverOptions options_;
};

}  // namespace camfleet::device
