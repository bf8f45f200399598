#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/asio.h"

namespace camfleet::net {

struct DatagramOptions {
  Endpoint at;             // IPv4 or IPv6; port 0: the system chooses
  std::string device;      // SO_BINDTODEVICE: with "lo", 0.0.0.0 is all of 127/8 and nothing else
  int receive_buffer = 0;  // bytes asked for, 0: the system's default; the system has a limit of its own
  int send_buffer = 0;
};

// A UDP socket for media on one loop: many datagrams a system call, both ways. For discovery, which wants to
// know on which interface a datagram came, there is UdpSocket. One reader at a time; sending never waits. Of
// an IPv6 address it takes IPv6 alone.
class Datagrams {
 public:
  static constexpr std::size_t kBatch = 16;

  // config.port_in_use, config.invalid (no address of this machine), net.no_descriptors, net.io.
  static Result<Datagrams> open(Executor executor, const DatagramOptions& options);
  Datagrams();
  Datagrams(Datagrams&&) noexcept;
  Datagrams& operator=(Datagrams&&) noexcept;
  ~Datagrams();
  explicit operator bool() const { return state_ != nullptr; }

  // With the port that the system chose, where 0 was asked for.
  Endpoint local() const;

  struct Received {
    ByteView bytes;  // may be empty
    Endpoint from;
  };
  // What has come, at most kBatch; none where nothing has. The bytes are the thread's until the next call of
  // any socket on it. What the network says of datagrams that we sent is passed over.
  std::span<const Received> receive();
  // Until receive() has something. Throws when cancelled; net.closed where close() was called meanwhile.
  Task<Result<>> wait_readable();

  // Sends a datagram for each part, in order, without waiting, and says how many the system took: fewer where
  // it has no room for more, or where the next cannot be sent at all, which is an error when it is the first:
  // net.io (too large), net.unreachable, net.closed. `from`, one of our addresses, is what they come from;
  // unspecified leaves that to the system.
  Result<std::size_t> send(std::span<const ByteView> parts, const Endpoint& to, const Address& from = {});

  // Datagrams that the kernel dropped since the beginning because we were late, as told with the last batch.
  std::uint64_t overrun() const;

 private:
  struct State;
  explicit Datagrams(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace camfleet::net
