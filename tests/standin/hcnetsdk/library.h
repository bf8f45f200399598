#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "alarm_link.h"
#include "callbacks.h"
#include "device.h"
#include "handles.h"
#include "live_view.h"
#include "workers.h"

namespace camfleet::standin {

// The last error of the calling thread.
std::uint32_t last_error();
void set_error(std::uint32_t number);

// What NET_DVR_Init starts and NET_DVR_Cleanup ends. It holds what the exported functions work on.
class Library {
 public:
  struct Options {
    std::size_t logins = 2048;
    std::size_t alarm_channels = 2048;
    Limits limits;
    LiveView::Reconnect reconnect;
    std::chrono::milliseconds heartbeat{120'000};
  };
  static constexpr std::size_t kLiveViews = 4096;
  // In ISAPI mode the real one takes no more, whatever it says.
  static constexpr std::size_t kMostLogins = 4096;

  explicit Library(const Options& options);
  // Ends in order what the program left open.
  ~Library();

  // 1: logged in; else the library's number. `user_id` is set.
  std::uint32_t log_in(const std::shared_ptr<Device>& device, abi::DeviceInfoV40& info, abi::Handle& user_id);
  std::uint32_t log_out(abi::Handle user_id);
  std::uint32_t arm(abi::Handle user_id, bool want_v40, abi::Handle& alarm);
  std::uint32_t disarm(abi::Handle alarm);
  std::uint32_t play(abi::Handle user_id, const abi::PreviewInfo& preview, abi::DataCallback callback,
                     void* user, abi::Handle& live);
  std::uint32_t stop(abi::Handle live);

  std::shared_ptr<Device> device(abi::Handle user_id) const { return devices_.find(user_id); }
  std::shared_ptr<LiveView> live(abi::Handle handle) const { return lives_.find(handle); }
  std::size_t logins() const { return devices_.count(); }
  std::size_t live_views() const { return lives_.count(); }
  std::size_t alarm_channels() const { return alarms_.count(); }
  Workers& workers() { return workers_; }
  Callbacks& callbacks() { return callbacks_; }
  Options& options() { return options_; }

 private:
  void beat(const std::weak_ptr<Device>& device, abi::Handle user_id);
  std::chrono::milliseconds heartbeat() const;
  void broken(const std::shared_ptr<AlarmLink>& link);
  void arm_again(const std::weak_ptr<AlarmLink>& link);

  Options options_;
  Callbacks callbacks_;
  Handles<Device> devices_;
  Handles<LiveView> lives_;
  Handles<AlarmLink> alarms_;
  Workers workers_{24};
  std::unique_ptr<AlarmReader> reader_;
};

}  // namespace camfleet::standin
