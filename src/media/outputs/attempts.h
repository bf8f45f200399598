#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>

#include "base/clock.h"
#include "net/asio.h"

namespace camfleet::media {

// Wrong tokens by remote address, to slow down who guesses. It never refuses: a right token of the same
// address (a company's gateway) goes through without delay. Bounded; thread-safe.
class Attempts {
 public:
  Attempts(std::chrono::milliseconds base, std::chrono::milliseconds most) : base_(base), most_(most) {}

  // How long to wait before telling this address that it was wrong again.
  std::chrono::milliseconds failed(const net::Address& from, SteadyTime now);

 private:
  static constexpr std::size_t kMaxAddresses = 4096;
  static constexpr std::chrono::minutes kMemory{1};
  struct Record {
    unsigned failures = 0;
    SteadyTime last{};
  };
  const std::chrono::milliseconds base_;
  const std::chrono::milliseconds most_;
  std::mutex mutex_;
  std::map<net::Address, Record> records_;
};

}  // namespace camfleet::media
