#pragma once
#include <cstdint>
#include <unordered_map>

#include "base/clock.h"

namespace camfleet::device::discovery {

// Tokens that fill up at `per_second` to `most`.
class Bucket {
 public:
  Bucket(double most, double per_second) : most_(most), per_second_(per_second), tokens_(most) {}
  bool take(double cost, SteadyTime now);
  bool full(SteadyTime now) const;

 private:
  double at(SteadyTime now) const;
  double most_, per_second_, tokens_;
  SteadyTime last_{};
};

// How much is listened to: of one source and of all, so that nobody's flood takes our time or the place of
// others. A datagram costs 1 and one more for each 2 KiB. One source: 64 at once, 16 a second; all together:
// 20,000 at once, 5,000 a second. Sources are known for 16,384 at a time; past that, those not known share
// what one has eightfold.
class Limiter {
 public:
  bool take(std::uint32_t source, std::size_t bytes, SteadyTime now);
  std::size_t sources() const { return sources_.size(); }

 private:
  Bucket& of(std::uint32_t source, SteadyTime now);
  Bucket all_{20'000, 5'000};
  Bucket strangers_{512, 128};
  std::unordered_map<std::uint32_t, Bucket> sources_;
  SteadyTime swept_{};
};

}  // namespace camfleet::device::discovery
