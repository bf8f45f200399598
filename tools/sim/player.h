#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "net/tcp.h"
#include "sim/clips.h"
#include "sim/counters.h"

namespace camfleet::sim {

// What becomes of one RTP packet on its way out of a device: what a bad network does to it.
enum class Fate : std::uint8_t {
  sent,
  lost,
  twice,
  later  // behind the packet that follows it
};

// Where the pictures of a session go.
class Way {
 public:
  virtual ~Way() = default;
  // Packets as RFC 2326 section 10.12 frames them, each in the parts of `parts` between two frame headers.
  // False: nobody is there any more.
  virtual bool send(std::span<const ByteView> parts) = 0;
  // Sends what waits.
  virtual bool flush() = 0;
  // More pictures have to wait.
  virtual bool blocked() const = 0;
};

// All that goes out on one RTSP connection: answers and pictures, whole, in order, and no more than one frame
// ahead of the socket. On the device's loop.
class Outlet final : public Way {
 public:
  explicit Outlet(net::TcpStream& stream) : stream_(stream) {}

  // Sends what the socket takes and keeps the rest, which must have gone before more pictures are given.
  // False: the connection is dead.
  bool send(std::span<const ByteView> parts) override;
  bool flush() override;
  bool blocked() const override { return !rest_.empty(); }
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
// clip, the way and the counters outlive it.
class Player {
 public:
  struct Start {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint8_t channel = 0;  // of RTP; RTCP is the next
  };
  // Asked for each RTP packet; empty: all are sent.
  using PacketFate = std::function<Fate()>;
  Player(const Clip& clip, Way& way, Counters& counters, Start start, std::size_t frame,
         const PacketFate* fate = nullptr)
      : clip_(clip),
        way_(way),
        fate_(fate),
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
  Way& way_;
  const PacketFate* fate_;
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
