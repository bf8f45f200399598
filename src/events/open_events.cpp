#include "events/open_events.h"

#include <algorithm>
#include <set>

#include "base/metrics.h"
#include "events/identity.h"

namespace camfleet::events {
namespace {

using model::EventState;
using model::LedgerEntry;
using model::NewEntry;

constexpr std::size_t kStarts = 2'048;  // remembered of one device before old ones are looked for
constexpr std::chrono::seconds kSameMoment{30};
constexpr std::chrono::minutes kMostStall{10};
constexpr std::chrono::hours kLateEnd{1};

metrics::Counter& repeated() {
  static auto& counter = metrics::counter("camfleet_event_ends_repeated_total",
                                          "Reports that an alarm is over, of one that was over already.");
  return counter;
}

std::string micros(WallTime time) { return std::to_string(time.time_since_epoch().count()); }

// What tells the start of this event from others of its kind, in the words of the device where it has some.
std::string moment_of(const model::Event& report) {
  // With its time: a terminal that was reset counts from 1 again.
  if (report.serial) return "serial " + std::to_string(*report.serial) + ' ' + report.device_time;
  return report.happened && !report.device_time.empty() ? report.device_time : micros(report.received);
}

std::string start_key(model::EventSource way, bool replayed, std::uint16_t channel, std::string_view type,
                      std::string_view detail, std::string_view description, std::string_view moment) {
  std::string key{static_cast<char>('0' + static_cast<int>(way)), replayed ? 'r' : '-'};
  key.append(std::to_string(channel));
  for (const auto part : {type, detail, description, moment}) key.append(1, '\0').append(part);
  return key;
}

// The report as an entry; what it is of which event, the caller knows.
NewEntry entry_of(model::Event& report, EventState state) {
  NewEntry out;
  auto& entry = out.entry;
  entry.state = state;
  entry.device = report.device;
  entry.channel = report.channel;
  entry.type = report.type;
  entry.detail = report.detail;
  entry.description = report.description;
  entry.target = report.target;
  entry.source = report.source;
  entry.device_time = report.device_time;
  entry.happened = report.happened;
  entry.received = report.received;
  entry.started = report.happened.value_or(report.received);
  entry.replayed = report.replayed;
  entry.payload = std::move(report.payload);
  entry.payload_cut = report.payload_cut;
  out.pictures = std::move(report.pictures);
  return out;
}

// What is kept of an entry while its event goes on.
LedgerEntry memory_of(const LedgerEntry& entry) {
  LedgerEntry out = entry;
  out.payload.clear();
  out.payload.shrink_to_fit();
  return out;
}

}  // namespace

std::size_t OpenEvents::active() const {
  std::size_t sum = 0;
  for (const auto& [device, all] : devices_) sum += all.active;
  return sum;
}

void OpenEvents::restore(const std::vector<LedgerEntry>& recent, SteadyTime now) {
  std::set<std::string> begun;
  for (const auto& entry : recent) {
    if (entry.source == model::EventSource::gateway || entry.device.empty()) continue;
    auto& all = devices_[entry.device.str()];
    if (begun.insert(entry.event).second) {
      const auto moment =
          entry.happened && !entry.device_time.empty() ? entry.device_time : micros(entry.received);
      auto& starts = all.starts[start_key(entry.source, entry.replayed, entry.channel, entry.type,
                                          entry.detail, entry.description, moment)];
      ++starts.next;
      starts.at = now;
    }
    auto& one = all.events[Key{entry.channel, entry.type, entry.detail}];
    const bool is = entry.state == EventState::start || entry.state == EventState::update;
    all.active = all.active - (one.active ? 1 : 0) + (is ? 1 : 0);
    if (entry.event != one.entry.event) one.updates = 0;
    if (entry.state == EventState::update) one.updates = entry.ordinal + 1;
    one.active = is;
    one.inferred = entry.state == EventState::end && entry.inferred;
    one.entry = memory_of(entry);
    one.happened = entry.happened;
    one.heard = one.told = now;
  }
}

void OpenEvents::take(model::Event report, SteadyTime now, bool calm, std::vector<NewEntry>& out) {
  auto& all = devices_[report.device.str()];
  Key key{report.channel, report.type, report.detail};
  auto found = all.events.find(key);
  if (found == all.events.end()) {
    if (all.events.size() >= limits_.open) make_room(all, report.received, out);
    found = all.events.emplace(std::move(key), One{}).first;
  }
  auto& one = found->second;
  if (report.phase == model::Phase::pulse) {
    if (one.active) infer_end(all, one, report.received, out);
    begin(all, one, report, EventState::pulse, now, out);
    return;
  }
  const bool other = !one.entry.description.empty() && one.entry.description != report.description;

  if (report.phase == model::Phase::inactive) {
    if (one.active && other && now - one.heard > limits_.over) infer_end(all, one, report.received, out);
    if (one.active) {
      auto end = entry_of(report, EventState::end);
      end.entry.event = one.entry.event;
      end.entry.started = one.entry.started;
      end.entry.count = one.entry.count;
      end.reports = one.untold + 1;
      one.active = one.inferred = false;
      one.untold = 0;
      one.heard = now;
      --all.active;
      one.entry = memory_of(end.entry);
      out.push_back(std::move(end));
    } else if ((one.inferred || one.entry.state == EventState::pulse) && !one.entry.event.empty() && !other &&
               now - one.heard < kLateEnd) {
      auto end = entry_of(report, EventState::end);
      end.entry.event = one.entry.event;
      end.entry.started = one.entry.started;
      end.entry.count = one.entry.count;
      end.entry.ordinal = one.inferred ? 1 : 0;
      one.inferred = false;
      one.entry = memory_of(end.entry);
      out.push_back(std::move(end));
    } else if (one.entry.event.empty() || other) {
      begin(all, one, report, EventState::end, now, out);  // we were not there when it began
    } else {
      repeated().add();
    }
    return;
  }

  if (!one.active || other || !goes_on(one, report, now)) {
    if (one.active) infer_end(all, one, report.received, out);
    begin(all, one, report, EventState::start, now, out);
    return;
  }
  ++one.entry.count;
  ++one.untold;
  one.heard = now;
  one.said = report.count;
  one.happened = report.happened;
  if (now - one.told < (calm ? limits_.calm_update : limits_.update)) return;
  auto update = entry_of(report, EventState::update);
  update.entry.event = one.entry.event;
  update.entry.started = one.entry.started;
  update.entry.count = one.entry.count;
  update.entry.ordinal = one.updates++;
  update.reports = std::exchange(one.untold, 0U);
  one.told = now;
  one.entry = memory_of(update.entry);
  out.push_back(std::move(update));
}

// Is the report of the event that is open? Where we read late, the device's own times count.
bool OpenEvents::goes_on(const One& one, const model::Event& report, SteadyTime now) const {
  if (report.count > 0 && one.said > 0 && report.count < one.said) return false;
  if (report.happened && one.happened)
    return *report.happened - *one.happened <= limits_.over && now - one.heard < kMostStall;
  return now - one.heard <= limits_.over;
}

void OpenEvents::begin(OfDevice& all, One& one, model::Event& report, EventState state, SteadyTime now,
                       std::vector<NewEntry>& out) {
  const auto moment = moment_of(report);
  Identity identity{report.device.str(),
                    report.source == model::EventSource::gateway,
                    report.channel,
                    report.type,
                    report.detail,
                    report.description,
                    moment};
  if (!report.serial) identity.ordinal = ordinal(all, report, moment, now);
  const auto said = report.count;
  auto entry = entry_of(report, state);
  entry.entry.event = event_id(identity);
  entry.entry.count = state == EventState::end ? 0 : 1;
  if (state == EventState::start) ++all.active;
  one = One{};
  one.active = state == EventState::start;
  one.entry = memory_of(entry.entry);
  one.said = said;
  one.happened = entry.entry.happened;
  one.heard = one.told = now;
  out.push_back(std::move(entry));
}

void OpenEvents::infer_end(OfDevice& all, One& one, WallTime wall, std::vector<NewEntry>& out) {
  NewEntry end;
  end.entry = one.entry;
  end.entry.seq = 0;
  end.entry.state = EventState::end;
  end.entry.ordinal = 0;
  end.entry.inferred = true;
  end.entry.received = wall;
  end.entry.device_time.clear();
  end.entry.happened.reset();
  end.entry.pictures.clear();
  end.reports = std::exchange(one.untold, 0U);
  one.active = false;
  one.inferred = true;
  one.entry = end.entry;
  --all.active;
  out.push_back(std::move(end));
}

void OpenEvents::expire(const model::DeviceId& /*device*/, OfDevice& all, SteadyTime now, WallTime wall,
                        std::vector<NewEntry>& out) {
  for (auto& [key, one] : all.events)
    if (one.active && now - one.heard > limits_.over) infer_end(all, one, wall, out);
}

// First what has ended; where all go on, the one that was silent for the longest time.
void OpenEvents::make_room(OfDevice& all, WallTime wall, std::vector<NewEntry>& out) const {
  std::erase_if(all.events, [](const auto& one) { return !one.second.active; });
  if (all.events.size() < limits_.open) return;
  const auto oldest =
      std::ranges::min_element(all.events, {}, [](const auto& one) { return one.second.heard; });
  infer_end(all, oldest->second, wall, out);
  all.events.erase(oldest);
}

std::uint32_t OpenEvents::ordinal(OfDevice& all, const model::Event& report, std::string_view moment,
                                  SteadyTime now) {
  if (all.starts.size() >= kStarts && all.starts.size() % kStarts == 0)
    std::erase_if(all.starts, [&](const auto& one) { return now - one.second.at > kSameMoment; });
  auto& starts = all.starts[start_key(report.source, report.replayed, report.channel, report.type,
                                      report.detail, report.description, moment)];
  starts.at = now;
  return starts.next++;
}

}  // namespace camfleet::events
