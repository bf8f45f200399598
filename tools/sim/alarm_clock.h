#pragma once
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "base/clock.h"
#include "net/asio.h"
#include "net/event.h"
#include "sim/alarm.h"
#include "sim/alarm_log.h"

namespace camfleet::sim {

class Device;

// The alarms of all devices of one loop, in the order they are due, behind one timer.
class AlarmClock {
 public:
  AlarmClock(net::Executor executor, const Clock& clock) : clock_(clock), bell_(executor) {}

  // The device raises its own alarms from now on. It outlives run().
  void enlist(Device& device);
  // One alarm now, from outside.
  void raise(Device& device, Alarm alarm);
  // Alarms of a second each, as many as Fault::alarm_burst says, until that is gone.
  void burst(Device& device);
  // Posts what is due until cancelled.
  net::Task<> run();

 private:
  struct Running {
    Alarm alarm;  // with the posts that are left
    std::shared_ptr<AlarmRecord> record;
  };
  struct Due {
    SteadyTime at;
    Device* device = nullptr;
    std::shared_ptr<Running> running;  // empty: the device's next own alarm, or the next of a burst
    bool burst = false;
    bool operator>(const Due& other) const { return at > other.at; }
  };
  void begin(Device& device, Alarm alarm, SteadyTime now);
  void continue_burst(Device& device, SteadyTime now);
  void post(Device& device, const std::shared_ptr<Running>& running, SteadyTime now);

  const Clock& clock_;
  net::Event bell_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
  std::map<Device*, double> bursting_;  // with the part of an alarm that is owed
};

}  // namespace camfleet::sim
