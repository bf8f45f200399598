#include "sim/alarm_log.h"

#include <algorithm>

namespace camfleet::sim {

std::shared_ptr<AlarmRecord> AlarmLog::begin(std::uint32_t device, std::uint32_t number, const Alarm& alarm,
                                             WallTime now, bool heard) {
  auto record = std::make_shared<AlarmRecord>();
  record->device = device;
  record->number = number;
  record->type = alarm.type;
  record->channel = alarm.channel;
  record->began = now;
  record->heard = heard;
  const std::lock_guard lock{mutex_};
  record->serial = ++last_;
  if (kept_.size() == kKept) kept_.pop_front();
  kept_.push_back(record);
  return record;
}

AlarmLog::Page AlarmLog::after(std::uint64_t since, std::size_t most, std::int64_t device) const {
  Page page;
  const std::lock_guard lock{mutex_};
  page.last = last_;
  page.dropped = last_ - kept_.size();
  const auto begin =
      std::ranges::upper_bound(kept_, since, {}, [](const auto& record) { return record->serial; });
  for (auto it = begin; it != kept_.end() && page.alarms.size() < most; ++it)
    if (device < 0 || (*it)->device == device) page.alarms.push_back(*it);
  return page;
}

}  // namespace camfleet::sim
