#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sim/alarm.h"

namespace camfleet::sim {

// One alarm that a device raised, as GET /alarms tells it.
struct AlarmRecord {
  std::uint64_t serial = 0;  // in the order of the whole fleet, from 1
  std::uint32_t device = 0;
  std::uint32_t number = 0;  // of the device's alarms, from 1: what its description says
  std::string type;
  std::uint16_t channel = 0;
  WallTime began{};
  bool heard = false;                  // an alert stream was open when it began
  std::atomic<std::uint32_t> sent{0};  // parts of it that streams took: the start, repetitions, the end
  std::atomic<std::uint32_t> lost{0};  // parts that were dropped, since a reader was too slow
  std::atomic<bool> ended{false};
};

// The last alarms of the fleet, so that anybody can check from outside what a gateway made of them. Any
// thread.
class AlarmLog {
 public:
  static constexpr std::size_t kKept = 65'536;

  std::shared_ptr<AlarmRecord> begin(std::uint32_t device, std::uint32_t number, const Alarm& alarm,
                                     WallTime now, bool heard);
  struct Page {
    std::vector<std::shared_ptr<const AlarmRecord>> alarms;
    std::uint64_t last = 0;     // serial of the newest alarm
    std::uint64_t dropped = 0;  // alarms that are no longer kept
  };
  // Those after `since`, at most `most`; of one device, or (-1) of all.
  Page after(std::uint64_t since, std::size_t most, std::int64_t device) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<AlarmRecord>> kept_;
  std::uint64_t last_ = 0;
};

}  // namespace camfleet::sim
