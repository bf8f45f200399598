#pragma once
#include <cstddef>

namespace camfleet::net {

// What a number of file descriptors is good for: the gateway sizes its fleet and its listeners by this, and
// `camfleet doctor` tells it before.

// For the API, the registry, the log and the first viewers.
inline constexpr std::size_t kReservedDescriptors = 256;
// Control connection and alarm channel.
inline constexpr std::size_t kDescriptorsPerDevice = 2;

// At least 1.
std::size_t devices_that_fit(std::size_t descriptors);
// Connections that one listener takes at once: no flood of viewers takes the descriptors that devices
// reconnect with.
std::size_t connections_of_listener(std::size_t descriptors);
// Pairs of UDP sockets for streams of devices: an eighth of the descriptors, so that UDP can never take those
// that devices reconnect with. A stream takes one pair for its picture and one for its sound.
std::size_t udp_pairs_that_fit(std::size_t descriptors);
// Viewers beside so many devices, each on a stream of its own, which the gateway then pulls: two descriptors
// a viewer.
std::size_t viewers_that_fit(std::size_t descriptors, std::size_t devices);

}  // namespace camfleet::net
