#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace camfleet::device {

// The devices from which nothing of use came over UDP, so that not every pull has to find out anew. Shared by
// all sessions, longer than any of them; thread-safe. Bounded: past 65,536 devices the next ones are not
// remembered.
class TransportMemory {
 public:
  // `device` is HOST:PORT of its RTSP service.
  void use_tcp(std::string_view device, SteadyTime until);
  bool wants_tcp(std::string_view device, SteadyTime now);
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, SteadyTime, std::less<>> until_;
};

}  // namespace camfleet::device
