#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "media/cursor.h"
#include "media/feed.h"
#include "media/outputs/udp_outlet.h"

namespace camfleet::media {

// The way of one viewer's packets over UDP: to the address that its RTSP connection comes from and no other.
// Packets leave as they came from the camera, each one a datagram, a frame in one system call; one that is
// longer than the network takes in one piece is the system's to fragment (up to 65,507 bytes).
//
// Paced: a key picture leaves at once, but a whole group of pictures, with which a viewer begins, does not
// overrun the few hundred kilobytes that its socket holds. What the system has no room for waits a little,
// without anybody else waiting, and the viewer goes on with the next key picture where that took too long.
class UdpRoute final : public UdpOutlet::Client {
 public:
  // `go_on` sends again; called from the loop, never from inside send(). `outlet` outlives it, and has the
  // sockets of `local`.
  UdpRoute(UdpOutlet& outlet, net::Address peer, net::Address local, std::function<void()> go_on);
  ~UdpRoute() override;
  UdpRoute(const UdpRoute&) = delete;
  UdpRoute& operator=(const UdpRoute&) = delete;

  void map(std::uint8_t track, rtsp::Pair ports);

  struct Sent {
    std::size_t bytes = 0;
    std::size_t dropped = 0;  // packets that cannot be sent at all
  };
  // Sends from the cursor on what is whole, as much as it may now; the rest is asked for by go_on.
  Sent send(Feed& hub, Cursor& cursor);
  SteadyTime last_report() const { return last_report_; }

  void go_on() override;
  void alive(SteadyTime now) override { last_report_ = now; }

 private:
  struct Ports {
    std::uint8_t track;
    rtsp::Pair ports;
  };
  const Ports* ports_of(const model::Packet& packet) const;
  void earn(const PacketCache& cache, SteadyTime now);

  UdpOutlet& outlet_;
  net::Address peer_;
  net::Address local_;
  std::function<void()> again_;
  std::vector<Ports> tracks_;
  double allowance_;  // bytes that may leave now
  SteadyTime earned_at_{};
  bool waiting_ = false;  // for go_on()
  SteadyTime last_report_{};
};

}  // namespace camfleet::media
