#include "fleet/alarm_tape.h"

#include <algorithm>

#include "base/metrics.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kWord = 64;
constexpr std::size_t kDescription = 256;

void bound(std::string& text, std::size_t most) {
  if (text.size() > most) text.resize(most);  // a character that is cut is mended where it is shown
}

metrics::Counter& untold() {
  static auto& counter =
      metrics::counter("camfleet_alarms_untold_total",
                       "Alarms that the event stream left out since their device sent too many.");
  return counter;
}

}  // namespace

std::optional<ToldAlarm> AlarmTape::take(model::Event event, SteadyTime now) {
  bound(event.type, kWord);
  bound(event.device_time, kWord);
  bound(event.description, kDescription);
  if (event.phase == model::Phase::pulse) {
    if (may_tell(now)) return tell(std::move(event), 1);
    leave_out();
    return std::nullopt;
  }
  bool fresh = false;
  auto* one = find(event, now, fresh);
  if (one == nullptr) {
    leave_out();
    return std::nullopt;
  }
  if (event.phase == model::Phase::inactive) {
    // An end whose beginning nobody saw may be of an alarm from before our time.
    const bool news = fresh ? may_tell(now) : one->active && one->told;
    if (!news && (fresh || one->active)) leave_out();
    const auto count = one->count;
    *one = One{};
    one->reported_at = now;
    return news ? tell(std::move(event), count) : std::nullopt;
  }
  if (!one->active || now - one->reported_at > limits_.forgotten) *one = One{.active = true};
  ++one->count;
  one->reported_at = now;
  if (one->told && now - one->told_at < limits_.update) return std::nullopt;
  if (!may_tell(now)) {
    if (one->count == 1) leave_out();
    return std::nullopt;
  }
  one->told = true;
  one->told_at = now;
  return tell(std::move(event), one->count);
}

bool AlarmTape::may_tell(SteadyTime now) {
  if (refilled_at_ != SteadyTime{}) {
    const std::chrono::duration<double> rested = now - refilled_at_;
    left_ = std::min(limits_.reserve, left_ + rested.count() * limits_.per_second);
  }
  refilled_at_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

AlarmTape::One* AlarmTape::find(const model::Event& event, SteadyTime now, bool& fresh) {
  auto key = std::pair{event.channel, event.type};
  if (const auto known = alarms_.find(key); known != alarms_.end()) return &known->second;
  if (alarms_.size() >= limits_.open)
    std::erase_if(alarms_, [&](const auto& one) {
      return !one.second.active || now - one.second.reported_at > limits_.forgotten;
    });
  if (alarms_.size() >= limits_.open) return nullptr;
  fresh = true;
  return &alarms_[std::move(key)];
}

std::optional<ToldAlarm> AlarmTape::tell(model::Event event, std::uint32_t count) {
  event.count = count;
  return ToldAlarm{std::make_shared<const model::Event>(std::move(event)), std::exchange(left_out_, 0U)};
}

void AlarmTape::leave_out() {
  ++left_out_;
  ++all_left_out_;
  untold().add();
}

}  // namespace camfleet::fleet
