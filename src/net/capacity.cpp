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

Room room_of(std::size_t descriptors, std::optional<std::uint64_t> memory, std::size_t beside) {
  Room room;
  room.devices = devices_that_fit(descriptors);
  const auto running = std::min(beside, room.devices);
  room.viewers = viewers_that_fit(descriptors, running);
  if (!memory) return room;
  const auto over = [](std::uint64_t all, std::uint64_t part) { return all > part ? all - part : 0; };
  const auto devices = std::max<std::uint64_t>(1, over(*memory / 4 * 3, kBytesOfProcess) / kBytesPerDevice);
  if (devices < room.devices) {
    room.devices = devices;
    room.by = Room::By::memory;
  }
  const auto left =
      over(*memory, kBytesOfProcess + std::min<std::uint64_t>(beside, room.devices) * kBytesPerDevice);
  room.viewers = std::min<std::uint64_t>(room.viewers, left / (kBytesPerStream + kBytesPerViewer));
  return room;
}

}  // namespace camfleet::net
