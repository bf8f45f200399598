#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/codes.h"
#include "base/metrics.h"
#include "model/device.h"

namespace camfleet::fleet {

// How many devices are in each state, and what the supervisors count. Thread-safe.
class Numbers {
 public:
  Numbers();

  void moved(model::DeviceState from, Code from_reason, model::DeviceState to, Code to_reason);
  void added(model::DeviceState state, Code reason);
  void removed(model::DeviceState state, Code reason);
  void channels(std::int64_t difference);
  std::size_t in(model::DeviceState state) const;
  // How many devices are in this state for this reason.
  std::size_t in(model::DeviceState state, Code reason) const;
  std::size_t channels() const { return static_cast<std::size_t>(channels_.load(std::memory_order_relaxed)); }

  // An attempt ended: Code::ok is a login, which took `seconds`.
  void attempt(Code code, double seconds);
  void connecting(std::int64_t difference);
  // The type is the vendor's word: the first 64 that look like one have a label, the rest is "other".
  void event(std::string_view type);

 private:
  std::array<std::atomic<std::int64_t>, model::kDeviceStates> states_{};
  std::array<std::array<std::atomic<std::int64_t>, kCodes>, model::kDeviceStates> reasons_{};
  std::array<metrics::Gauge*, model::kDeviceStates> gauges_{};
  std::atomic<std::int64_t> channels_{0};
  metrics::Counter& logins_;
  metrics::Histogram& login_seconds_;
  metrics::Gauge& connecting_;
  metrics::Gauge& channel_gauge_;
  std::mutex mutex_;
  std::unordered_map<std::string, metrics::Counter*> events_;
};

}  // namespace camfleet::fleet
