#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "net/datagram_pairs.h"
#include "net/event.h"
#include "net/task_group.h"
#include "proto/rtsp/transport.h"

namespace camfleet::media {

// What viewers over UDP share on one loop: a pair of sockets for each of our addresses that they came to,
// made when the first one asks, so that a viewer costs no descriptor; the turn of those that have to wait
// before they send more; and the receiver reports of all of them. On its loop only.
class UdpOutlet {
 public:
  // A viewer, as its sockets see it.
  class Client {
   public:
    virtual ~Client() = default;
    virtual void go_on() = 0;                // later() is over
    virtual void alive(SteadyTime now) = 0;  // it sent a receiver report
  };

  // All outlive it, and `tasks` ends before it.
  UdpOutlet(net::DatagramPairs& pairs, net::TaskGroup& tasks);
  UdpOutlet(const UdpOutlet&) = delete;
  UdpOutlet& operator=(const UdpOutlet&) = delete;

  // The ports that packets leave from where the viewer's connection came to `local`. rtsp.no_ports and others
  // of DatagramPairs::open.
  Result<rtsp::Pair> open(const net::Address& local);

  // Reports from `rtcp` are this client's, until remove(): whoever comes later has them.
  void add(Client& client, const net::Endpoint& rtcp);
  void remove(Client& client, const net::Endpoint& rtcp);

  // As Datagrams::send, on the sockets that open() made.
  Result<std::size_t> send_rtp(std::span<const ByteView> parts, const net::Endpoint& to,
                               const net::Address& local);
  Result<std::size_t> send_rtcp(std::span<const ByteView> parts, const net::Endpoint& to,
                                const net::Address& local);
  // Calls client.go_on() in some milliseconds, once; remove() forgets it.
  void later(Client& client);

 private:
  struct Hash {
    std::size_t operator()(const net::Endpoint& at) const {
      return std::hash<net::Address>{}(at.address()) * 31 + at.port();
    }
  };
  net::Task<> listen(net::Datagrams& rtcp);
  net::Task<> pace();

  net::DatagramPairs& pairs_;
  net::TaskGroup& tasks_;
  std::map<net::Address, net::DatagramPair> sockets_;  // nodes stay where they are
  std::unordered_map<net::Endpoint, Client*, Hash> clients_;
  std::vector<Client*> waiting_;
  std::vector<Client*> turn_;  // of pace(); nullptr: has left meanwhile
  net::Event bell_;
};

}  // namespace camfleet::media
