// Alarms, as the library calls back with them.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "sdkhost/host.h"

namespace camfleet::sdkhost {
namespace {

constexpr std::uint32_t kMostText = 1024 * 1024;
constexpr std::size_t kMostPictures = 16;
constexpr std::uint32_t kMostPicture = 4 * 1024 * 1024;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What a device reports as a document goes on as one: the gateway reads it as it reads those of an alert
// stream.
bool from_document(const char* info, std::uint32_t size, Alarm& alarm) {
  if (size < sizeof(abi::IsapiAlarm)) return false;
  abi::IsapiAlarm told;
  std::memcpy(&told, info, sizeof told);
  // Some send a length of zero, and nothing.
  if (told.text == nullptr || told.text_size == 0 || told.text_size > kMostText) return false;
  alarm.document.assign(told.text, told.text_size);
  return true;
}

}  // namespace

void Host::on_message(std::int32_t command, abi::Alarmer* alarmer, char* info, std::uint32_t size, void*) {
  auto* self = the_host.load();
  if (self == nullptr || alarmer == nullptr || info == nullptr) return;
  const auto device = alarmer->user_id_valid != 0 ? self->device_of(alarmer->user_id) : std::nullopt;
  if (!device) {
    ++self->alarms_unknown_;
    return;
  }
  Alarm alarm;
  alarm.device = *device;
  alarm.command = static_cast<std::uint32_t>(command);
  alarm.received_us = now_us();
  if (command != abi::command_isapi || !from_document(info, size, alarm)) {
    ++self->alarms_unknown_;
    return;
  }
  if (!self->outlet_.send(std::move(alarm)))
    self->outlet_.send(Notice{NoticeKind::alarms_dropped, *device, 1});
}

}  // namespace camfleet::sdkhost
