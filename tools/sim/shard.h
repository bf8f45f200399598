#pragma once
#include "net/loop.h"
#include "net/task_group.h"
#include "sim/alarm_clock.h"
#include "sim/playout.h"
#include "sim/udp_door.h"

namespace camfleet::sim {

// What one loop has for all its devices. Devices are spread over the shards by index. Used on its loop.
struct Shard {
  Shard(net::Loop& on, const Clock& clock)
      : loop(on), playout(on.executor(), clock), alarms(on.executor(), clock), udp(on.executor()) {}
  net::Loop& loop;
  Playout playout;
  AlarmClock alarms;
  UdpDoor udp;
};

}  // namespace camfleet::sim
