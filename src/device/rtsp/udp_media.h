#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "device/rtsp/intake.h"
#include "device/rtsp/wholeness.h"
#include "net/datagram_pairs.h"
#include "net/event.h"
#include "net/task_group.h"
#include "proto/rtp/reorder.h"
#include "proto/rtp/sequence.h"
#include "proto/rtsp/transport.h"

namespace camfleet::device {

class TransportMemory;

// How sources over UDP are treated.
struct UdpLimits {
  net::DatagramPairs* ports = nullptr;      // where its sockets come from; outlives all clients. Null: no UDP
  TransportMemory* memory = nullptr;        // outlives all clients; null: nothing is remembered
  std::chrono::milliseconds first{5'000};   // from PLAY to the first packet
  std::chrono::milliseconds whole{10'000};  // to the first whole picture
  std::chrono::milliseconds again{600'000};  // a device that fell back gets TCP for so long
  std::chrono::milliseconds report{5'000};   // between receiver reports, less or more by half
  rtp::ReorderLimits reorder;
};

// The media of one pull over UDP (RFC 3550): a pair of sockets for each track, on the address that the RTSP
// connection has. Packets are taken from the device's address alone, put in order, and handed on as if they
// had come interleaved; so forwarding them to viewers on TCP copies nothing. Sends receiver reports. Lives on
// one loop.
class UdpMedia {
 public:
  // `bell` rings when judge() has something to say.
  UdpMedia(net::Executor executor, const UdpLimits& limits, net::Address device, net::Address local,
           net::Event& bell);
  ~UdpMedia();
  UdpMedia(const UdpMedia&) = delete;
  UdpMedia& operator=(const UdpMedia&) = delete;

  // A pair of ports for the next track; errors as DatagramPairs::open.
  Result<void> open();
  rtsp::Pair ports(std::size_t number) const;
  // The device sends `track`, the number-th that was opened, to those ports, from `server` where it says so.
  void assign(std::size_t number, const Intake::Track& track, std::uint32_t clock_rate,
              std::optional<rtsp::Pair> server);
  // Lets packets in through a NAT or a firewall that keeps states.
  void punch();

  // Receives from now on, by tasks of `group`; the device was told to play.
  void start(net::TaskGroup& group, model::Publisher& to);

  // Why UDP is of no use here: rtsp.udp_silent where no packet came in time, or no picture whole.
  Error judge(SteadyTime now) const;
  // When judge() has to be asked again even if nothing comes.
  SteadyTime next_judgement() const;
  SteadyTime last_media() const { return media_.last_media(); }
  const IntakeCounters& counters() const { return media_.counters(); }

 private:
  struct Track;
  class Tap;

  net::Task<> receive(Track& track, model::Publisher& to);
  net::Task<> listen(Track& track, model::Publisher& to);
  net::Task<> tend(model::Publisher& to);
  void take(Track& track, const net::Datagrams::Received& datagram, SteadyTime now, model::Publisher& to);
  void take_report(Track& track, const net::Datagrams::Received& datagram, SteadyTime now,
                   model::Publisher& to);
  void hand_on(Track& track, ByteView bytes, SteadyTime now, model::Publisher& to);
  void release(Track& track, SteadyTime now, model::Publisher& to);
  void report(Track& track, SteadyTime now);
  void count(Track& track);
  SteadyTime due() const;

  net::Executor executor_;
  UdpLimits limits_;
  net::Address device_;
  net::Address local_;
  net::Event& bell_;
  net::Event timer_;    // something is due earlier than tend() thinks
  SteadyTime armed_{};  // what tend() waits for
  SteadyTime next_report_{};
  SteadyTime started_{};
  bool heard_ = false;
  Intake media_;
  Rng rng_;
  std::uint32_t ssrc_;  // ours
  std::optional<Wholeness> wholeness_;
  std::vector<std::unique_ptr<Track>> tracks_;
};

// Counted by reason; once a pull.
void count_fallback(const Error& why);

}  // namespace camfleet::device
