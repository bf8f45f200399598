#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "model/event.h"

namespace camfleet::fleet {

// An alarm as it is told to who follows the fleet.
struct ToldAlarm {
  std::shared_ptr<const model::Event> event;  // its count: reports of this alarm since it began
  std::uint32_t left_out = 0;                 // alarms of this device that were not told before this one
};

struct AlarmLimits {
  std::chrono::milliseconds update{10'000};     // an alarm that goes on is told of again at most so often
  std::chrono::milliseconds forgotten{30'000};  // active again after such a silence, it is another one
  double per_second = 1;                        // told of one device, in the long run
  double reserve = 20;                          // and at once
  std::size_t open = 64;                        // alarms of one device that are followed
};

// Which of a device's alarms are told, so that no camera in a burst pushes the news of others out of the ring
// that all share. Beginnings, pulses and updates count against the device's share; the end of what was told
// is always told. Cameras repeat an alarm each second while it lasts, and some never say that it ended.
// One loop; no clock. Texts come out bounded.
class AlarmTape {
 public:
  explicit AlarmTape(AlarmLimits limits = {}) : limits_(limits), left_(limits.reserve) {}

  // What is to be told of this report; nothing where it says nothing new, or there was too much.
  std::optional<ToldAlarm> take(model::Event event, SteadyTime now);

  std::uint64_t left_out() const { return all_left_out_; }

 private:
  struct One {
    bool active = false;
    bool told = false;  // its beginning
    SteadyTime reported_at{};
    SteadyTime told_at{};
    std::uint32_t count = 0;
  };
  bool may_tell(SteadyTime now);
  One* find(const model::Event& event, SteadyTime now, bool& fresh);
  std::optional<ToldAlarm> tell(model::Event event, std::uint32_t count);
  void leave_out();

  const AlarmLimits limits_;
  double left_;
  SteadyTime refilled_at_{};
  std::map<std::pair<std::uint16_t, std::string>, One> alarms_;
  std::uint32_t left_out_ = 0;
  std::uint64_t all_left_out_ = 0;
};

}  // namespace camfleet::fleet
