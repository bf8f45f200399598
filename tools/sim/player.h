#pragma once
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "net/tcp.h"
#include "sim/clips.h"
#include "sim/counters.h"

namespace camfleet::sim {

// All that goes out on one RTSP connection: answers and pictures, whole, in order, and no more than one frame
// ahead of the socket. On the device's loop.
class Outlet {
 public:
  explicit Outlet(net::TcpStream& stream) : stream_(stream) {}

  // Sends what the socket takes and keeps the rest, which must have gone before more pictures are given.
  // False: the connection is dead.
  bool send(std::span<const ByteView> parts);
  bool flush();
  bool blocked() const { return !rest_.empty(); }
  bool dead() const { return dead_; }
  // When the socket last took bytes.
  SteadyTime last_taken() const { return last_taken_; }
  void touch(SteadyTime now) { last_taken_ = now; }

 private:
  net::TcpStream& stream_;
  Bytes rest_;
  std::size_t sent_ = 0;  // of rest_
  bool dead_ = false;
  SteadyTime last_taken_{};
};

// One playing session: a place in a clip, and the RTP numbers that only it has. On the device's loop; the
// clip, the outlet and the counters outlive it.
class Player {
 public:
  struct Start {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint8_t channel = 0;  // of RTP; RTCP is the next
  };
  Player(const Clip& clip, Outlet& outlet, Counters& counters, Start start, std::size_t frame)
      : clip_(clip),
        outlet_(outlet),
        counters_(counters),
        start_(start),
        sequence_(start.sequence),
        timestamp_(start.timestamp),
        frame_(clip.key_before(frame)) {}

  // The device's clock has reached frame number `round`: sends the frame that is due. Where the reader has
  // not taken the one before, it is skipped, and so are all to the next key frame.
  void tick(std::uint64_t round, const Clock& clock);
  // The next frame is a key frame: the picture jumps, RTP time does not.
  void want_key() { want_key_ = true; }

  std::uint16_t sequence() const { return sequence_; }
  std::uint32_t timestamp() const { return timestamp_; }

 private:
  void send_frame(const Clip::Frame& frame, const Clock& clock);
  void append_report(Bytes& out, const Clock& clock) const;

  const Clip& clip_;
  Outlet& outlet_;
  Counters& counters_;
  Start start_;
  std::uint16_t sequence_;   // of the next packet
  std::uint32_t timestamp_;  // of the next frame
  std::size_t frame_;        // the next one in the clip
  std::uint64_t last_round_ = 0;
  std::uint64_t report_round_ = 0;  // when the next sender report is due
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;
  bool started_ = false;
  bool resync_ = false;
  bool want_key_ = false;
};

}  // namespace camfleet::sim
