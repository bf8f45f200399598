#pragma once
#include <memory>

#include "device/hikvision/isapi_client.h"
#include "device/hikvision/report.h"
#include "device/hikvision/rhythm.h"
#include "model/driver.h"

namespace camfleet::device {

// The device's alertStream on a connection of its own. Odd parts are skipped and counted, never a reason to
// end it. Silent, it holds no buffer.
class AlarmChannel {
 public:
  AlarmChannel(net::Executor executor, const net::AddressGuard& guard, net::HostPort peer, Login& login,
               model::DeviceId device);
  AlarmChannel(const AlarmChannel&) = delete;
  AlarmChannel& operator=(const AlarmChannel&) = delete;
  ~AlarmChannel() { release(); }

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
  // What it sends is not read for a while: its silence says nothing.
  void not_read() { heard_at_ = std::chrono::steady_clock::now(); }

 private:
  // An event whose pictures are on their way. It is told also where the channel ends before they come.
  struct Held {
    model::SessionObserver& to;
    model::Event event;
    int pictures = 0;  // that are still to come
    SteadyTime until{};
  };
  Result<void> take(std::string_view bytes, model::SessionObserver& observer);
  void add_picture(const multipart::Part& part);
  void release();

  IsapiClient client_;
  model::DeviceId device_;
  isapi::DeviceKind kind_ = isapi::DeviceKind::unknown;
  multipart::Parser parser_;
  SteadyTime armed_at_{};
  SteadyTime heard_at_{};
  bool armed_ = false;
  Rhythm rhythm_;
  std::unique_ptr<Held> held_;
  std::uint64_t heartbeat_ = 0;  // what the last heart-beat was, but for its time; 0: none came yet
};

}  // namespace camfleet::device
