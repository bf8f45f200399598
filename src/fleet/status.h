#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "fleet/device_state.h"
#include "fleet/move_log.h"
#include "fleet/numbers.h"

namespace camfleet::fleet {

// What all may see of one device: its supervisor writes, anybody reads a copy. The lock is held for a copy of
// a few hundred bytes; reading never waits for the device's loop. Each move goes to the log after it can be
// seen here.
class Status {
 public:
  Status(Numbers& numbers, MoveLog& log, SubjectPtr subject, DeviceState initial, Code reason, WallTime at);
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  ~Status();

  // The supervisor's, on its loop.
  void enter(DeviceState to, const Error& reason, WallTime at, unsigned attempts = 0,
             std::optional<WallTime> next_attempt = {});
  void amend(const Error& reason, std::optional<WallTime> next_attempt = {});
  void facts(std::shared_ptr<const model::DeviceFacts> facts);
  void heard(WallTime at) { heard_.store(at.time_since_epoch().count(), std::memory_order_relaxed); }
  // How many streams the device sends at once, as it taught us.
  void stream_limit(std::size_t limit) {
    stream_limit_.store(static_cast<std::int32_t>(std::min<std::size_t>(limit, 0xFFFF)),
                        std::memory_order_relaxed);
  }
  void event() { events_.fetch_add(1, std::memory_order_relaxed); }

  // Any thread's.
  DeviceState state() const { return state_.load(std::memory_order_relaxed); }
  std::shared_ptr<const model::DeviceFacts> facts() const;
  model::Move last() const;
  WallTime since() const;
  std::optional<WallTime> heard() const;
  Code reason() const;
  std::optional<std::uint16_t> stream_limit() const {
    const auto limit = stream_limit_.load(std::memory_order_relaxed);
    return limit < 0 ? std::nullopt : std::optional{static_cast<std::uint16_t>(limit)};
  }
  // Other tags, from the next entry of the log on.
  void relabel(SubjectPtr subject);
  // Tells the log of something that is no move, with the state of the moment.
  void tell(LogEntry::Kind kind);
  void fill(model::DeviceView& view, bool with_history) const;

 private:
  void write(LogEntry::Kind kind, DeviceState from) const;  // with mutex_ held

  Numbers& numbers_;
  MoveLog& log_;
  SubjectPtr subject_;
  SubjectPtr was_;  // until the log is told
  std::atomic<DeviceState> state_;
  std::atomic<std::int64_t> heard_{0};  // microseconds, 0: never
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::int32_t> stream_limit_{-1};  // -1: never refused
  mutable std::mutex mutex_;
  StateMachine machine_;
  unsigned attempts_ = 0;
  std::optional<WallTime> next_attempt_;
  std::shared_ptr<const model::DeviceFacts> facts_;
};

}  // namespace camfleet::fleet
