#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/asio.h"

namespace camfleet::net {

struct NetworkInterface {
  unsigned index = 0;
  std::string name;
  std::vector<Address> addresses;
  bool up = false;
  bool multicast = false;
  bool loopback = false;
  friend bool operator==(const NetworkInterface&, const NetworkInterface&) = default;
};
// Those of the machine now, by index. net.io, net.no_descriptors.
Result<std::vector<NetworkInterface>> network_interfaces();

struct UdpOptions {
  Endpoint at;             // IPv4; of a multicast group: only what is sent to that group is received
  bool share = false;      // others on this machine may have the same port
  std::string device;      // SO_BINDTODEVICE: with "lo", 0.0.0.0 is all of 127/8 and nothing else
  int receive_buffer = 0;  // bytes asked for, 0: the system's default; the system has a limit of its own
};

// A UDP socket over IPv4 on one loop, for multicast: each datagram tells from whom, to which address and on
// which interface it came, and each is sent on a chosen interface from a chosen address of ours. One reader
// at a time; sending never waits.
class UdpSocket {
 public:
  // config.port_in_use, config.invalid, net.no_descriptors, net.io.
  static Result<UdpSocket> open(Executor executor, const UdpOptions& options);
  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  // With the port that the kernel chose, where 0 was asked for.
  Endpoint local() const;
  // Bytes, as the system gave them; it counts its own book-keeping too.
  int receive_buffer() const;

  // Takes part in a group on one interface; nothing is received of groups that this socket did not join. To
  // join again is no error. net.io (the interface is gone, is not for multicast, too many groups).
  Result<> join(const Address& group, unsigned interface);
  void leave(const Address& group, unsigned interface);

  struct Datagram {
    Endpoint from;
    Address to;              // one of ours, or the group
    unsigned interface = 0;  // index
    std::size_t size = 0;    // bytes in the buffer
    bool cut = false;        // it was longer than the buffer
  };
  // The next one. Waits for ever; throws when cancelled. What the network says of datagrams that we sent is
  // passed over.
  Task<Datagram> receive(std::span<std::uint8_t> buffer);
  // Datagrams that the kernel dropped since the beginning because we were late, as told with the last one
  // that was received.
  std::uint64_t lost() const;

  // At once, or not: net.io where the system has no room, net.unreachable. `interface` 0: the system's
  // choice; `from` unspecified too.
  Result<> send(ByteView bytes, const Endpoint& to, unsigned interface = 0, const Address& from = {});

 private:
  struct State;
  explicit UdpSocket(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace camfleet::net
