#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace camfleet::net {

// The read buffer of this thread: 64 KiB that every connection of a loop shares. What is in it holds only
// until the next co_await that waits, so whoever reads into it consumes or copies before that.
std::span<std::uint8_t> scratch();

}  // namespace camfleet::net
