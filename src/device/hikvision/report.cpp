#include "device/hikvision/report.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::device {
namespace {

constexpr auto kFirstMoment = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

// What tells alarms of one type and channel apart.
std::string detail_of(const isapi::Alert& alert) {
  if (alert.access)
    return "door " + std::to_string(alert.access->door) + ", " + std::to_string(alert.access->major) + '/' +
           std::to_string(alert.access->minor);
  if (!alert.io_port.empty()) return "input " + alert.io_port;
  if (alert.regions.size() == 1 && alert.regions.front().id != 0)
    return "region " + std::to_string(alert.regions.front().id);
  return {};
}

}  // namespace

bool is_text(const multipart::Part& part) {
  return !istarts_with(part.content_type, "image/") && !istarts_with(part.content_type, "audio/") &&
         !istarts_with(part.content_type, "application/octet-stream");
}

std::optional<model::Event> to_event(isapi::Alert alert, const model::DeviceId& device, WallTime received) {
  if (alert.heartbeat) return std::nullopt;
  model::Event event;
  event.device = device;
  event.replayed = alert.retransmission || (alert.access && alert.access->current == false);
  if (alert.time && (alert.time->offset || alert.time->utc_mark)) {
    // Some terminals date everything 1970: no moment is said.
    const auto said = alert.time->utc();
    if (said > WallTime{kFirstMoment}) event.happened = said;
  }
  event.detail = detail_of(alert);
  event.target = std::move(alert.target);
  if (alert.access && alert.access->serial != 0) event.serial = alert.access->serial;
  event.channel =
      alert.channel > 0 && alert.channel <= 0xFFFF ? static_cast<std::uint16_t>(alert.channel) : 0;
  event.type = std::move(alert.kind);
  if (event.type == "duration" && !alert.related.empty()) event.type = isapi::canonical_type(alert.related);
  // Some cameras tell the end of a crossing too: that is no second one.
  if (alert.state == isapi::AlertState::inactive)
    event.phase = model::Phase::inactive;
  else if (isapi::is_pulse(event.type) || alert.state == isapi::AlertState::unknown)
    event.phase = model::Phase::pulse;
  else
    event.phase = model::Phase::active;
  event.device_time = std::move(alert.time_text);
  event.received = received;
  event.description = std::move(alert.description);
  event.count = static_cast<std::uint32_t>(std::max(0, alert.count.value_or(0)));
  return event;
}

void keep_document(std::string_view body, model::Event& event) {
  event.payload_cut = body.size() > model::Event::kMaxPayload;
  event.payload = body.substr(0, model::Event::kMaxPayload);
}

model::EventPicture picture_of(const multipart::Part& part) {
  const auto bytes = as_bytes(part.body);
  auto type = to_lower(trim(part.content_type.substr(0, part.content_type.find(';'))));
  if (as_text(bytes).starts_with("\xFF\xD8")) type = "image/jpeg";
  // A name that goes into an answer's head, and into a text where blanks part its pieces.
  const bool plain = std::ranges::all_of(type, [](char c) { return c > ' ' && c < 0x7F; });
  if (!plain || type.empty() || type.size() > 64) type = "application/octet-stream";
  return {std::move(type), Bytes(bytes.begin(), bytes.end())};
}

}  // namespace camfleet::device
