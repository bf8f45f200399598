#pragma once
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace camfleet::fleet {

// How often each of many (a device, a user) may be given commands: so many a second, with a reserve for a
// few at once. Bounded: whoever has his reserve whole again is forgotten; where too many have not, a new one
// is refused. Thread-safe.
class CommandRate {
 public:
  CommandRate(double per_second, double reserve, std::size_t most = 10'000)
      : per_second_(per_second), reserve_(reserve), most_(most) {}

  // False: not now.
  bool take(std::string_view who, SteadyTime now);

 private:
  struct Bucket {
    double left = 0;
    SteadyTime at{};
  };
  double refilled(const Bucket& bucket, SteadyTime now) const;
  void forget_rested(SteadyTime now);

  const double per_second_;
  const double reserve_;
  const std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace camfleet::fleet
