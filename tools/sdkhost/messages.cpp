// Alarms, as the library calls back with them.
#include <chrono>
#include <string>

#include "sdkhost/alarms.h"
#include "sdkhost/host.h"

namespace camfleet::sdkhost {
namespace {

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void Host::on_message(std::int32_t command, abi::Alarmer* alarmer, char* info, std::uint32_t size, void*) {
  auto* self = the_host.load();
  if (self == nullptr || alarmer == nullptr) return;
  const auto device = alarmer->user_id_valid != 0 ? self->device_of(alarmer->user_id) : std::nullopt;
  // Of a login that is over, or is not yet told of: a device that is logging in has no alarm channel.
  if (!device) return;
  const auto received = now_us();
  auto reading = read_alarms(command, info, info == nullptr ? 0 : size);
  if (!reading.refused.empty()) {
    ++self->alarms_unreadable_;
    return self->outlet_.tell({NoticeKind::alarms_unreadable, *device, 1});
  }
  for (auto& alarm : reading.alarms) {
    alarm.device = *device;
    alarm.command = static_cast<std::uint32_t>(command);
    alarm.received_us = received;
    self->outlet_.send(std::move(alarm));
  }
}

}  // namespace camfleet::sdkhost
