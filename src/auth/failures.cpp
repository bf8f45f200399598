#include "auth/failures.h"

#include <algorithm>
#include <cmath>

namespace camfleet::auth {
namespace {

// An IPv6 client has a whole /64 to guess from.
std::string key_of(const net::Address& from) {
  if (from.is_v4()) return from.to_string();
  const auto v6 = from.to_v6();
  auto bytes = v6.to_bytes();
  if (v6.is_v4_mapped())
    return net::asio::ip::address_v4{{bytes[12], bytes[13], bytes[14], bytes[15]}}.to_string();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

}  // namespace

FailureLimiter::FailureLimiter(Limits limits, const Clock& clock) : limits_(limits), clock_(clock) {
  total_ = {{}, limits_.total_burst, clock_.steady()};
}

double FailureLimiter::level(const Bucket& bucket, double burst, double rate, SteadyTime now) const {
  const std::chrono::duration<double> passed = now - bucket.at;
  return std::min(burst, bucket.tokens + std::max(passed.count(), 0.0) * rate);
}

FailureLimiter::Bucket* FailureLimiter::find(const net::Address& from) {
  const auto it = buckets_.find(key_of(from));
  return it == buckets_.end() ? nullptr : &*it->second;
}

bool FailureLimiter::allows(const net::Address& from) { return retry_after_s(from) == 0; }

int FailureLimiter::retry_after_s(const net::Address& from) {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.steady();
  const auto wait = [](double tokens, double rate) {
    return tokens >= 1 ? 0
                       : static_cast<int>(std::ceil(std::min((1 - tokens) / std::max(rate, 1e-6), 3600.0)));
  };
  const auto* own = find(from);
  // Who has not failed yet is let through even while others exhaust the common bucket.
  if (own == nullptr) return 0;
  return std::max(
      wait(level(*own, limits_.burst, limits_.per_second, now), limits_.per_second),
      wait(level(total_, limits_.total_burst, limits_.total_per_second, now), limits_.total_per_second));
}

void FailureLimiter::failed(const net::Address& from) {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.steady();
  auto* own = find(from);
  if (own == nullptr) {
    if (buckets_.size() >= limits_.max_addresses) {
      buckets_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front({key_of(from), limits_.burst, now});
    buckets_[order_.front().key] = order_.begin();
    own = &order_.front();
  } else {
    order_.splice(order_.begin(), order_, buckets_.at(own->key));
  }
  own->tokens = std::max(level(*own, limits_.burst, limits_.per_second, now) - 1, 0.0);
  own->at = now;
  total_.tokens = std::max(level(total_, limits_.total_burst, limits_.total_per_second, now) - 1, 0.0);
  total_.at = now;
}

std::size_t FailureLimiter::size() const {
  const std::lock_guard lock{mutex_};
  return buckets_.size();
}

}  // namespace camfleet::auth
