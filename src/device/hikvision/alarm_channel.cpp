#include "device/hikvision/alarm_channel.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "proto/isapi/paths.h"

namespace camfleet::device {
namespace {

metrics::Counter& odd_parts() {
  static metrics::Counter& counter = metrics::counter("camfleet_alarm_parts_skipped_total",
                                                      "Parts of alarm streams that were not understood.");
  return counter;
}

SteadyTime now() { return std::chrono::steady_clock::now(); }

// An event waits for the pictures that it announced, and goes without them where they do not come.
constexpr std::chrono::seconds kPictures{5};

// What a document says, but for its dateTime. Most of what ten thousand idle devices send is the same
// heart-beat over and over: it is known by this, and not parsed again.
std::uint64_t print_of(std::string_view body) {
  constexpr std::string_view open = "<dateTime>";
  const std::hash<std::string_view> hash;
  const auto at = body.find(open);
  if (at == std::string_view::npos) return hash(body) | 1;
  const auto end = std::min(body.find('<', at + open.size()), body.size());
  return (hash(body.substr(0, at)) * 31 + hash(body.substr(end))) | 1;
}

}  // namespace

AlarmChannel::AlarmChannel(net::Executor executor, const net::AddressGuard& guard, net::HostPort peer,
                           Login& login, model::DeviceId device)
    : client_(executor, guard, std::move(peer), login), device_(std::move(device)) {}

net::Task<Result<void>> AlarmChannel::arm(Deadline deadline) {
  disarm();
  std::string path{isapi::path::kAlertStream};
  auto head = co_await client_.open_stream(std::move(path), deadline);
  if (!head) {
    client_.connection().close();
    co_return fail(std::move(head.error()));
  }
  if (istarts_with(head->headers.get("Content-Type"), "text/html")) {
    client_.connection().close();
    co_return fail(Code::device_unexpected_answer, "alertStream: an HTML page");
  }
  armed_ = true;
  armed_at_ = heard_at_ = now();
  rhythm_.begin();
  co_return Result<void>{};
}

void AlarmChannel::give_up() {
  rhythm_.gave_up();
  disarm();
}

void AlarmChannel::disarm() {
  release();
  client_.connection().close();
  parser_ = multipart::Parser{};
  armed_ = false;
}

net::Task<Result<bool>> AlarmChannel::listen(Deadline deadline, model::SessionObserver& observer) {
  if (held_ && now() >= held_->until) release();
  auto piece = co_await client_.connection().read_body(held_ ? std::min(deadline, held_->until) : deadline);
  if (!piece && piece.error().code == Code::net_timeout) co_return false;
  if (piece && piece->empty()) {
    parser_.finish();
    (void)take({}, observer);
    piece = fail(Code::net_closed, "alertStream");
  }
  if (!piece) {
    disarm();
    co_return fail(std::move(piece.error()));
  }
  heard_at_ = now();
  observer.heard();
  if (auto taken = take(as_text(*piece), observer); !taken) {
    disarm();
    co_return fail(std::move(taken.error()));
  }
  co_return true;
}

Result<void> AlarmChannel::take(std::string_view bytes, model::SessionObserver& observer) {
  parser_.feed(bytes);
  for (;;) {
    auto part = parser_.next();
    if (!part) return fail(Code::device_unexpected_answer, "alertStream: " + part.error().text());
    if (!*part) return {};
    if (!is_text(**part)) {
      add_picture(**part);
      continue;
    }
    release();  // another document: no more pictures come for the one before
    if ((*part)->body.empty()) continue;
    const auto print = print_of((*part)->body);
    if (print == heartbeat_) {
      rhythm_.beat(heard_at_);
      continue;
    }
    auto alert = isapi::parse_alert((*part)->body, kind_);
    if (!alert) {
      odd_parts().add();
      log::debug("hikvision.part_skipped", {{"device", device_.str()},
                                            {"why", alert.error().text()},
                                            {"part", clean_utf8((*part)->body.substr(0, 200))}});
      continue;
    }
    if (alert->heartbeat) {
      heartbeat_ = print;
      rhythm_.beat(heard_at_);
    }
    const auto pictures = alert->pictures;
    auto event = to_event(std::move(*alert), device_, system_clock().wall());
    if (!event) continue;
    keep_document((*part)->body, *event);
    held_ = std::make_unique<Held>(observer, std::move(*event), pictures, heard_at_ + kPictures);
    if (pictures <= 0) release();
  }
}

// A picture of the event that waits for some; one that nobody announced is of no use.
void AlarmChannel::add_picture(const multipart::Part& part) {
  if (!held_) return;
  if (!part.body.empty() && held_->event.pictures.size() < kMostPictures) {
    held_->event.pictures.push_back(picture_of(part));
  }
  if (--held_->pictures <= 0) release();
}

void AlarmChannel::release() {
  if (const auto held = std::exchange(held_, nullptr)) held->to.event(std::move(held->event));
}

}  // namespace camfleet::device
