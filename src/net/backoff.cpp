#include "net/backoff.h"

#include <algorithm>

namespace camfleet::net {

Backoff::Backoff(Duration base, Duration cap, Rng rng, Duration floor)
    : base_(base), cap_(cap), floor_(floor), rng_(rng) {}

Backoff::Duration Backoff::next() {
  Duration ceiling = std::min(base_, cap_);
  for (unsigned i = 0; i < failures_ && ceiling < cap_; ++i) ceiling = std::min(ceiling * 2, cap_);
  ++failures_;
  const auto drawn = rng_.below(static_cast<std::uint64_t>(ceiling.count()) + 1);
  return std::max(floor_, Duration{static_cast<Duration::rep>(drawn)});
}

}  // namespace camfleet::net
