#pragma once
#include <map>
#include <memory>

#include "net/datagram_pairs.h"
#include "proto/rtsp/transport.h"
#include "sim/counters.h"
#include "sim/player.h"
#include "sim/settings.h"
#include "sim/way.h"

namespace camfleet::sim {

class UdpDoor;

// The way of one session over UDP: to one client, from the device's own address. Nothing waits in here: what
// the system has no room for is lost, as on a network.
class UdpWay final : public Way {
 public:
  UdpWay(UdpDoor& door, net::Address device, const net::Address& client, rtsp::Pair ports,
         Counters& counters);
  UdpWay(const UdpWay&) = delete;
  UdpWay& operator=(const UdpWay&) = delete;
  ~UdpWay() override;

  bool send(std::span<const ByteView> parts) override;
  bool flush() override { return true; }
  bool blocked() const override { return false; }
  // Of the client; the beginning of time before the first.
  SteadyTime last_report() const { return last_report_; }

 private:
  friend class UdpDoor;
  UdpDoor& door_;
  net::Address device_;
  net::Endpoint rtp_;
  net::Endpoint rtcp_;
  Counters& counters_;
  SteadyTime last_report_{};
};

// The UDP sockets that all devices of a loop share; outlives their sessions.
class UdpDoor {
 public:
  explicit UdpDoor(net::Executor executor) : executor_(executor) {}

  // On the loopback device; `how` says what of it comes through.
  Result<void> bind(Settings::Udp how);
  bool open() const { return static_cast<bool>(sockets_); }
  rtsp::Pair ports() const { return {sockets_.rtp.local().port(), sockets_.rtcp.local().port()}; }
  std::unique_ptr<UdpWay> way(net::Address device, const net::Address& client, rtsp::Pair ports,
                              Counters& counters);

  // Takes receiver reports until cancelled.
  net::Task<> run();

 private:
  friend class UdpWay;
  net::Executor executor_;
  net::DatagramPairs pairs_;
  net::DatagramPair sockets_;
  std::map<net::Endpoint, UdpWay*> ways_;  // by the client's RTCP address
  std::size_t largest_ = 0;                // that is sent
};

}  // namespace camfleet::sim
