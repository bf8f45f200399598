#include "media/outputs/attempts.h"

#include <algorithm>

namespace camfleet::media {

std::chrono::milliseconds Attempts::failed(const net::Address& from, SteadyTime now) {
  const std::lock_guard lock{mutex_};
  if (records_.size() >= kMaxAddresses) {
    std::erase_if(records_, [&](const auto& entry) { return now - entry.second.last > kMemory; });
    if (records_.size() >= kMaxAddresses && !records_.contains(from)) return most_;
  }
  Record& record = records_[from];
  if (now - record.last > kMemory) record.failures = 0;
  record.last = now;
  record.failures = std::min(record.failures + 1, 16U);
  return std::min(most_, base_ * (1 << (record.failures - 1)));
}

}  // namespace camfleet::media
