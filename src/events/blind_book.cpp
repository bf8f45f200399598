#include "events/blind_book.h"

#include <algorithm>

#include "base/metrics.h"
#include "events/identity.h"

namespace camfleet::events {
namespace {

using model::BlindInterval;
using model::EventState;
using model::NewEntry;

// Seconds that have ended, by reason.
metrics::Counter& seconds(Code reason) {
  return metrics::counter(
      "camfleet_blind_seconds_total",
      "Seconds in which devices could not have told of an alarm, of intervals that ended.",
      {{"reason", std::string{name(reason)}}});
}

NewEntry entry_of(const BlindInterval& interval, EventState state, WallTime now) {
  NewEntry out;
  auto& entry = out.entry;
  entry.event = interval.event;
  entry.state = state;
  entry.device = interval.device;
  entry.type = kBlindType;
  entry.detail = name(interval.reason);
  entry.description = interval.text;
  entry.source = model::EventSource::gateway;
  entry.started = interval.from;
  entry.happened = state == EventState::end ? *interval.to : interval.from;
  entry.received = now;
  entry.count = 1;
  out.reports = 0;
  return out;
}

}  // namespace

void BlindBook::restore(const std::vector<model::LedgerEntry>& open) {
  for (const auto& entry : open) {
    const auto [at, added] = open_.try_emplace(entry.device.str());
    if (!added) --by_reason_[at->second.reason];
    at->second = model::blind_interval_of(entry);
    ++by_reason_[at->second.reason];
    changed_.push_back(at->first);
  }
}

void BlindBook::enter(const model::DeviceId& device, std::optional<WallTime> heard, WallTime now,
                      std::vector<NewEntry>& out) {
  if (open_.contains(device.str())) return;
  if (heard)
    begin(device, Error{Code::blind_gateway_down}, std::min(*heard, now), now, out);
  else
    begin(device, Error{Code::blind_not_armed}, now, now, out);
}

void BlindBook::blind(const model::DeviceId& device, const Error& why, WallTime from, WallTime now,
                      std::vector<NewEntry>& out) {
  const auto found = open_.find(device.str());
  if (found == open_.end()) return begin(device, why, std::min(from, now), now, out);
  const auto is = found->second.reason;
  const bool over = is == Code::blind_gateway_down || is == Code::blind_disabled ||
                    is == Code::blind_congested || why.code == Code::blind_disabled ||
                    why.code == Code::blind_unsupported;
  if (!over || is == why.code) return;
  end(found->second, now, now, out);
  forget(found);
  begin(device, why, now, now, out);
}

void BlindBook::armed(const model::DeviceId& device, WallTime now, std::vector<NewEntry>& out) {
  const auto found = open_.find(device.str());
  if (found == open_.end()) return;
  end(found->second, now, now, out);
  forget(found);
}

void BlindBook::forget(Open::iterator interval) {
  --by_reason_[interval->second.reason];
  changed_.push_back(interval->first);
  open_.erase(interval);
}

void BlindBook::show(Open& shown) {
  for (const auto& device : changed_) {
    const auto is = open_.find(device);
    if (is != open_.end())
      shown.insert_or_assign(device, is->second);
    else
      shown.erase(device);
  }
  changed_ = {};
}

void BlindBook::begin(const model::DeviceId& device, const Error& why, WallTime from, WallTime now,
                      std::vector<NewEntry>& out) {
  BlindInterval interval{{}, device, from, {}, why.code, why.place};
  const auto moment =
      std::to_string(from.time_since_epoch().count()) + '/' + std::to_string(now.time_since_epoch().count());
  interval.event = event_id({device.str(), true, 0, kBlindType, name(why.code), {}, moment});
  out.push_back(entry_of(interval, EventState::start, now));
  ++by_reason_[interval.reason];
  changed_.push_back(device.str());
  open_.emplace(device.str(), std::move(interval));
}

void BlindBook::end(const BlindInterval& interval, WallTime to, WallTime now, std::vector<NewEntry>& out) {
  auto ended = interval;
  ended.to = std::max(to, ended.from);
  const auto length = std::chrono::duration_cast<std::chrono::seconds>(*ended.to - ended.from);
  seconds(ended.reason).add(static_cast<std::uint64_t>(length.count()));
  out.push_back(entry_of(ended, EventState::end, now));
}

}  // namespace camfleet::events
