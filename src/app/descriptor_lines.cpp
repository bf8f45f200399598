#include "app/descriptor_lines.h"

#include <algorithm>
#include <limits>

#include "net/capacity.h"
#include "net/descriptor_limit.h"

namespace camfleet::app {

bool DescriptorLines::viewers_full() const { return net::lowest_free_descriptor() >= line(kOwn + kForApi); }

int DescriptorLines::line(std::size_t below) const {
  const auto states = fleet_.states();
  const auto in = [&states](model::DeviceState state) { return states[static_cast<std::size_t>(state)]; };
  std::size_t total = 0;
  for (const auto count : states) total += count;
  const auto connected = in(model::DeviceState::online) + in(model::DeviceState::degraded);
  const auto wanted = std::min(fleet_.capacity().seats(), total - in(model::DeviceState::disabled));
  const auto away = wanted > connected ? wanted - connected : 0;
  const auto kept = below + net::kDescriptorsPerDevice * away;
  const auto line = descriptors_ > kept ? descriptors_ - kept : 0;
  return static_cast<int>(std::min<std::size_t>(line, std::numeric_limits<int>::max()));
}

}  // namespace camfleet::app
