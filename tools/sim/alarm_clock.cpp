#include "sim/alarm_clock.h"

#include <utility>

#include "sim/device.h"

namespace camfleet::sim {

using std::chrono::seconds;

void AlarmClock::enlist(Device& device) {
  if (device.alarms().quiet()) return;
  queue_.push({clock_.steady() + device.alarms().next_gap(), &device, nullptr});
  bell_.set();
}

void AlarmClock::raise(Device& device, Alarm alarm) {
  begin(device, std::move(alarm), clock_.steady());
  bell_.set();
}

net::Task<> AlarmClock::run() {
  for (;;) {
    const auto next = queue_.empty() ? kNever : queue_.top().at;
    co_await bell_.wait(next);
    for (const auto now = clock_.steady(); !queue_.empty() && queue_.top().at <= now;) {
      const Due due = queue_.top();
      queue_.pop();
      if (due.running) {
        post(*due.device, due.running, due.at);
        continue;
      }
      auto& plan = due.device->alarms();
      begin(*due.device, plan.next(due.device->identity().channels), due.at);
      queue_.push({due.at + plan.next_gap(), due.device, nullptr});
    }
  }
}

void AlarmClock::begin(Device& device, Alarm alarm, SteadyTime now) {
  device.alarm_begins();
  post(device, std::make_shared<Alarm>(std::move(alarm)), now);
}

void AlarmClock::post(Device& device, const std::shared_ptr<Alarm>& running, SteadyTime now) {
  const bool active = running->seconds > 0;
  device.post_alarm(running->type, running->channel, active);
  if (!active) return;
  --running->seconds;
  if (running->seconds > 0 || !device.identity().nvr) queue_.push({now + seconds{1}, &device, running});
}

}  // namespace camfleet::sim
