#pragma once
#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

namespace camfleet::device {

// Whether a question that changes nothing (a GET of a live session: heartbeat, picture, channels, time) is
// asked again, and when: at most three times, after 1, 2 and 4 s, a quarter more or less, not before what
// Retry-After asks for, and never past the caller's deadline. Only where the network or a busy device is the
// cause: never after a refusal (401, 403, any 4xx), and never for a login. Pure: time goes in as values.
class Retries {
 public:
  explicit Retries(Rng rng) : rng_(rng) {}

  // Nothing: it is over.
  std::optional<std::chrono::milliseconds> after(const Error& why, SteadyTime now, Deadline deadline);

 private:
  Rng rng_;
  unsigned made_ = 0;
};

}  // namespace camfleet::device
