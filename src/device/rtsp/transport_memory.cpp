#include "device/rtsp/transport_memory.h"

namespace camfleet::device {
namespace {

constexpr std::size_t kMost = 65'536;

}  // namespace

void TransportMemory::use_tcp(std::string_view device, SteadyTime until) {
  const std::lock_guard lock{mutex_};
  const auto known = until_.find(device);
  if (known != until_.end())
    known->second = until;
  else if (until_.size() < kMost)
    until_.emplace(device, until);
}

bool TransportMemory::wants_tcp(std::string_view device, SteadyTime now) {
  const std::lock_guard lock{mutex_};
  const auto known = until_.find(device);
  if (known == until_.end()) return false;
  if (now < known->second) return true;
  until_.erase(known);
  return false;
}

std::size_t TransportMemory::size() const {
  const std::lock_guard lock{mutex_};
  return until_.size();
}

}  // namespace camfleet::device
