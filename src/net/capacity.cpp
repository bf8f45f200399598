#include "net/capacity.h"

#include <algorithm>

namespace camfleet::net {

std::size_t devices_that_fit(std::size_t descriptors) {
  return descriptors > kReservedDescriptors + kDescriptorsPerDevice
             ? (descriptors - kReservedDescriptors) / kDescriptorsPerDevice
             : 1;
}

std::size_t connections_of_listener(std::size_t descriptors) {
  return std::max<std::size_t>(64, descriptors / 2);
}

std::size_t udp_pairs_that_fit(std::size_t descriptors) { return std::max<std::size_t>(4, descriptors / 16); }

std::size_t viewers_that_fit(std::size_t descriptors, std::size_t devices) {
  const auto taken = kReservedDescriptors + kDescriptorsPerDevice * devices;
  if (descriptors <= taken) return 0;
  return std::min(connections_of_listener(descriptors), (descriptors - taken) / 2);
}

}  // namespace camfleet::net
