#include "fleet/command_rate.h"

#include <algorithm>
#include <chrono>

namespace camfleet::fleet {

bool CommandRate::take(std::string_view who, SteadyTime now) {
  const std::lock_guard lock{mutex_};
  const std::string key{who};
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= most_) forget_rested(now);
    if (buckets_.size() >= most_) return false;
    found = buckets_.emplace(key, Bucket{reserve_, now}).first;
  }
  auto& bucket = found->second;
  bucket.left = refilled(bucket, now);
  bucket.at = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

double CommandRate::refilled(const Bucket& bucket, SteadyTime now) const {
  const std::chrono::duration<double> rested = now - bucket.at;
  return std::min(reserve_, bucket.left + rested.count() * per_second_);
}

void CommandRate::forget_rested(SteadyTime now) {
  std::erase_if(buckets_, [&](const auto& one) { return refilled(one.second, now) >= reserve_; });
}

}  // namespace camfleet::fleet
