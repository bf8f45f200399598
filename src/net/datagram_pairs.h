#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/datagrams.h"

namespace camfleet::net {

// UDP ports from `first` to `last`, both included; both 0: whatever the system gives.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool any() const { return first == 0; }
  // "20000-20999", or empty for any. config.invalid where it has not room for a pair from an even number on,
  // or begins below 1024.
  static Result<PortRange> parse(std::string_view text);
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

class DatagramPairs;

// Sockets for RTP, on an even port, and for RTCP, on the next (RFC 3550 section 11). Gives its place back
// when it ends.
class DatagramPair {
 public:
  DatagramPair() = default;
  DatagramPair(DatagramPair&& other) noexcept;
  DatagramPair& operator=(DatagramPair&& other) noexcept;
  ~DatagramPair();
  explicit operator bool() const { return static_cast<bool>(rtp); }

  Datagrams rtp;
  Datagrams rtcp;

 private:
  friend class DatagramPairs;
  DatagramPairs* owner_ = nullptr;
};

// A bounded number of such pairs from a range of ports: what UDP may take of the process's descriptors.
// Thread-safe; outlives its pairs.
class DatagramPairs {
 public:
  explicit DatagramPairs(PortRange range = {}, std::size_t most = 1024) : range_(range), most_(most) {}
  DatagramPairs(const DatagramPairs&) = delete;
  DatagramPairs& operator=(const DatagramPairs&) = delete;

  // `options.at.port()` does not count. rtsp.no_ports where all places or ports are taken;
  // net.no_descriptors, config.invalid (the address), net.io.
  Result<DatagramPair> open(Executor executor, DatagramOptions options);
  std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  friend class DatagramPair;
  Result<DatagramPair> open_at(Executor executor, DatagramOptions& options, std::uint16_t port);
  const PortRange range_;
  const std::size_t most_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace camfleet::net
