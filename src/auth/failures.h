#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "net/asio.h"

namespace camfleet::auth {

// Slows down who guesses: each address (IPv6: each /64) has a bucket of failures that refills with time; an
// empty bucket means "answer 429 without looking at the token". All addresses together have one too. Success
// costs nothing. Bounded: past `max_addresses` the one unheard of for longest is forgotten. Thread-safe; API
// and RTSP share one.
class FailureLimiter {
 public:
  struct Limits {
    double burst = 20;           // failures at once from one address
    double per_second = 0.5;     // that are forgiven
    double total_burst = 2'000;  // of all addresses
    double total_per_second = 200;
    std::size_t max_addresses = 10'000;
  };
  FailureLimiter() : FailureLimiter(Limits{}) {}
  explicit FailureLimiter(Limits limits, const Clock& clock = system_clock());

  // May this address try now? Loopback counts like any other.
  bool allows(const net::Address& from);
  // Its token was missing or wrong.
  void failed(const net::Address& from);
  // Seconds until allows() will say yes, rounded up; 0 where it does now. For Retry-After.
  int retry_after_s(const net::Address& from);

  std::size_t size() const;

 private:
  struct Bucket {
    std::string key;
    double tokens = 0;
    SteadyTime at{};
  };
  double level(const Bucket& bucket, double burst, double rate, SteadyTime now) const;
  Bucket* find(const net::Address& from);

  const Limits limits_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  Bucket total_;
  std::list<Bucket> order_;  // most recent first
  std::unordered_map<std::string, std::list<Bucket>::iterator> buckets_;
};

}  // namespace camfleet::auth
