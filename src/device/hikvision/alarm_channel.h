#pragma once
#include "device/hikvision/isapi_client.h"
#include "device/hikvision/rhythm.h"
#include "model/driver.h"
#include "proto/isapi/alert.h"
#include "proto/multipart/parser.h"

namespace camfleet::device {

// One alert as the house knows it; nothing for a heart-beat, and for what a terminal replays out of its
// store (currentEvent false) before it comes to the present. A `duration` goes by the event it prolongs.
std::optional<model::Event> to_event(isapi::Alert alert, const model::DeviceId& device, WallTime received);

// The device's alertStream on a connection of its own. Odd parts are skipped and counted, never a reason to
// end it. Silent, it holds no buffer.
class AlarmChannel {
 public:
  AlarmChannel(net::Executor executor, const net::AddressGuard& guard, net::HostPort peer, Login& login,
               model::DeviceId device);

  // Asks for the stream; armed once the device answered 200. Errors of IsapiClient.
  net::Task<Result<void>> arm(Deadline deadline);
  bool armed() const { return armed_; }
  SteadyTime armed_at() const { return armed_at_; }
  void set_kind(isapi::DeviceKind kind) { kind_ = kind; }

  // Waits for what the device sends and hands it on. False: nothing came before the deadline. The end of the
  // stream is net.closed; afterwards it is not armed.
  net::Task<Result<bool>> listen(Deadline deadline, model::SessionObserver& observer);
  void disarm();
  void limit_connect(std::chrono::milliseconds limit) { client_.connection().limit_connect(limit); }

  // When anything came last.
  SteadyTime heard_at() const { return heard_at_; }
  // When silence means that the stream hangs (rhythm.h); kNever of a device that sends no heart-beats.
  SteadyTime silent_at(std::chrono::milliseconds most) const { return rhythm_.silent_at(heard_at_, most); }
  // It was silent for so long.
  void give_up();

 private:
  Result<void> take(std::string_view bytes, model::SessionObserver& observer);

  IsapiClient client_;
  model::DeviceId device_;
  isapi::DeviceKind kind_ = isapi::DeviceKind::unknown;
  multipart::Parser parser_;
  SteadyTime armed_at_{};
  SteadyTime heard_at_{};
  bool armed_ = false;
  Rhythm rhythm_;
  std::uint64_t heartbeat_ = 0;  // what the last heart-beat was, but for its time; 0: none came yet
};

}  // namespace camfleet::device
