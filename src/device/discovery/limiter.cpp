#include "device/discovery/limiter.h"

#include <algorithm>

namespace camfleet::device::discovery {
namespace {

constexpr std::size_t kMaxSources = 16'384;
constexpr auto kSweepEvery = std::chrono::seconds{1};
constexpr double kBytesOfOne = 2048;

}  // namespace

double Bucket::at(SteadyTime now) const {
  const auto passed = std::chrono::duration<double>(now - last_).count();
  return std::min(most_, tokens_ + std::max(0.0, passed) * per_second_);
}

bool Bucket::full(SteadyTime now) const { return at(now) >= most_; }

bool Bucket::take(double cost, SteadyTime now) {
  tokens_ = at(now);
  last_ = now;
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

Bucket& Limiter::of(std::uint32_t source, SteadyTime now) {
  if (const auto found = sources_.find(source); found != sources_.end()) return found->second;
  if (sources_.size() >= kMaxSources && now - swept_ >= kSweepEvery) {
    swept_ = now;
    std::erase_if(sources_, [&](const auto& each) { return each.second.full(now); });
  }
  if (sources_.size() >= kMaxSources) return strangers_;
  return sources_.try_emplace(source, 64, 16).first->second;
}

bool Limiter::take(std::uint32_t source, std::size_t bytes, SteadyTime now) {
  const double cost = 1 + static_cast<double>(bytes) / kBytesOfOne;
  return of(source, now).take(cost, now) && all_.take(cost, now);
}

}  // namespace camfleet::device::discovery
