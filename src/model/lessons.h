#pragma once
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/ids.h"

namespace camfleet::model {

// How many streams a device sends at once, as its refusals taught us.
struct Lesson {
  DeviceId device;
  std::uint16_t streams = 0;
  WallTime at{};
  friend bool operator==(const Lesson&, const Lesson&) = default;
};

// Keeps them over a restart, so that no device has to refuse again what it has refused. Thread-safe.
class LessonStore {
 public:
  virtual ~LessonStore() = default;
  // The last one of each device; at the start, blocking. storage.failed, config.exposed.
  virtual Result<std::vector<Lesson>> load() = 0;
  // Does not wait: it is written soon after.
  virtual void note(const Lesson& lesson) = 0;
};

}  // namespace camfleet::model
