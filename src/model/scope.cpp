#include "model/scope.h"

#include <algorithm>

namespace camfleet::model {

bool Scope::covers(const DeviceId& id, const std::vector<std::string>& its_tags) const {
  const auto wanted = [&](const std::string& tag) { return std::ranges::find(tags, tag) != tags.end(); };
  return std::ranges::find(devices, id) != devices.end() || std::ranges::any_of(its_tags, wanted);
}

}  // namespace camfleet::model
