#include "sim/alarm_clock.h"

#include <algorithm>
#include <utility>

#include "sim/device.h"

namespace camfleet::sim {

using std::chrono::seconds;

namespace {
constexpr std::chrono::milliseconds kBurstStep{50};
}

void AlarmClock::enlist(Device& device) {
  if (device.alarms().quiet()) return;
  queue_.push({clock_.steady() + device.alarms().next_gap(), &device, nullptr});
  bell_.set();
}

void AlarmClock::raise(Device& device, Alarm alarm) {
  begin(device, std::move(alarm), clock_.steady());
  bell_.set();
}

void AlarmClock::burst(Device& device) {
  if (!bursting_.emplace(&device, 0.0).second) return;
  queue_.push({clock_.steady(), &device, nullptr, true});
  bell_.set();
}

void AlarmClock::continue_burst(Device& device, SteadyTime now) {
  auto& faults = device.faults();
  if (!faults.on(Fault::alarm_burst)) {
    bursting_.erase(&device);
    return;
  }
  auto& owed = bursting_[&device];
  owed += faults.amount(Fault::alarm_burst) * std::chrono::duration<double>(kBurstStep).count();
  for (; owed >= 1; --owed) {
    faults.count(Fault::alarm_burst);
    begin(device, {.type = "VMD", .channel = 1, .seconds = 1}, now);
  }
  // A loop that was late does not make up for it: readers could not keep up with that.
  queue_.push({std::max(now, clock_.steady()) + kBurstStep, &device, nullptr, true});
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
      if (due.burst) {
        continue_burst(*due.device, due.at);
        continue;
      }
      auto& plan = due.device->alarms();
      begin(*due.device, plan.next(due.device->identity().channels), due.at);
      queue_.push({due.at + plan.next_gap(), due.device, nullptr});
    }
  }
}

void AlarmClock::begin(Device& device, Alarm alarm, SteadyTime now) {
  auto record = device.alarm_begins(alarm);
  if (record) post(device, std::make_shared<Running>(std::move(alarm), std::move(record)), now);
}

void AlarmClock::post(Device& device, const std::shared_ptr<Running>& running, SteadyTime now) {
  auto& left = running->alarm.seconds;
  const bool active = left > 0;
  device.post_alarm(running->record, active);
  if (!active) return;
  --left;
  if (left > 0 || !device.identity().nvr) queue_.push({now + seconds{1}, &device, running});
}

}  // namespace camfleet::sim
