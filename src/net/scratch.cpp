#include "net/scratch.h"

#include <array>
#include <memory>

namespace camfleet::net {

std::span<std::uint8_t> scratch() {
  thread_local const auto buffer = std::make_unique<std::array<std::uint8_t, 64 * 1024>>();
  return *buffer;
}

}  // namespace camfleet::net
