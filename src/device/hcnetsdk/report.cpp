#include "device/hcnetsdk/report.h"

#include "base/metrics.h"
#include "base/text.h"
#include "device/hikvision/report.h"
#include "proto/isapi/alert.h"
#include "proto/isapi/time.h"

namespace camfleet::device::hcnetsdk {
namespace {

metrics::Counter& odd_documents() {
  static auto& counter = metrics::counter("camfleet_sdk_documents_skipped_total",
                                          "Alarms of the vendor's library whose text is no alarm.");
  return counter;
}

}  // namespace

std::optional<Report> to_event(sdkhost::Alarm alarm, const model::DeviceId& device, isapi::DeviceKind kind) {
  const WallTime received{std::chrono::microseconds{alarm.received_us}};
  Report out;
  if (alarm.type.empty()) {
    auto alert = isapi::parse_alert(alarm.document, kind);
    if (!alert) {
      odd_documents().add();
      return std::nullopt;
    }
    auto event = device::to_event(std::move(*alert), device, received);
    if (!event) return std::nullopt;
    out.event = std::move(*event);
    out.from_document = true;
  } else {
    auto& event = out.event;
    event.device = device;
    event.type = isapi::canonical_type(alarm.type);
    event.phase = alarm.state == sdkhost::AlarmState::active     ? model::Phase::active
                  : alarm.state == sdkhost::AlarmState::inactive ? model::Phase::inactive
                                                                 : model::Phase::pulse;
    if (isapi::is_pulse(event.type)) event.phase = model::Phase::pulse;
    if (const auto time = isapi::parse_time(alarm.time); time && (time->offset || time->utc_mark))
      event.happened = time->utc();
    event.device_time = clean_utf8(alarm.time);
    event.received = received;
    event.description = clean_utf8(alarm.description);
    event.detail = clean_utf8(alarm.detail);
    event.target = clean_utf8(alarm.target);
    if (alarm.serial != 0) event.serial = alarm.serial;
    out.channel = alarm.channel;
  }
  out.event.source = model::EventSource::sdk;
  keep_document(alarm.document, out.event);
  for (auto& picture : alarm.pictures) {
    if (out.event.pictures.size() >= kMostPictures) break;
    multipart::Part part;
    part.content_type = picture.content_type;
    part.body = picture.data;
    out.event.pictures.push_back(picture_of(part));
  }
  return out;
}

}  // namespace camfleet::device::hcnetsdk
