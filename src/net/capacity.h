#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

namespace camfleet::net {

// What a machine is good for: the gateway sizes its fleet and its listeners by this, and `camfleet doctor`
// tells it before. Ports limit nothing: each address of a device has all of the outgoing ones to itself.

// For the API, the registry, the log and the first viewers.
inline constexpr std::size_t kReservedDescriptors = 256;
// Control connection and alarm channel.
inline constexpr std::size_t kDescriptorsPerDevice = 2;

// The budgets of memory that docs/performance.md holds the gateway to.
inline constexpr std::uint64_t kBytesOfProcess = 64ULL << 20;
inline constexpr std::uint64_t kBytesPerDevice = 16ULL << 10;
inline constexpr std::uint64_t kBytesPerViewer = 6ULL << 10;
// 24 KiB and the pictures since the last key picture: 2 s at 4 Mbit/s.
inline constexpr std::uint64_t kBytesPerStream = (24ULL << 10) + (1ULL << 20);

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

// How much a machine takes, and what would have to be raised for more.
struct Room {
  std::size_t devices = 1;
  std::size_t viewers = 0;  // beside `beside` devices, each on a stream of its own
  enum class By { descriptors, memory } by = By::descriptors;
};
// `memory`: bytes, where they are known (net/memory_limit.h). A quarter of it is kept for streams.
Room room_of(std::size_t descriptors, std::optional<std::uint64_t> memory, std::size_t beside);

}  // namespace camfleet::net
