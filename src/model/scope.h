#pragma once
#include <memory>
#include <string>
#include <vector>

#include "model/ids.h"

namespace camfleet::model {

// To which devices a right is limited: those that have one of these tags, and those that are named. One that
// has neither covers nothing. Immutable once shared; a null ScopePtr is no limit.
struct Scope {
  static constexpr std::size_t kMostTags = 32;
  static constexpr std::size_t kMostDevices = 64;

  std::vector<std::string> tags;
  std::vector<DeviceId> devices;

  bool covers(const DeviceId& id, const std::vector<std::string>& its_tags) const;
  friend bool operator==(const Scope&, const Scope&) = default;
};
using ScopePtr = std::shared_ptr<const Scope>;

inline bool covers(const ScopePtr& scope, const DeviceId& id, const std::vector<std::string>& tags) {
  return !scope || scope->covers(id, tags);
}

// Who knows the tags that a device has now; the fleet is behind it. Thread-safe, and does not wait.
class ScopeCheck {
 public:
  virtual ~ScopeCheck() = default;
  // False also of a device that is not there.
  virtual bool covers(const Scope& scope, const DeviceId& id) const = 0;
};

}  // namespace camfleet::model
