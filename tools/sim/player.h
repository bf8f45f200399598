#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "net/tcp.h"
#include "sim/clips.h"
#include "sim/counters.h"
#include "sim/faults.h"
#include "sim/sound_player.h"
#include "sim/view.h"
#include "sim/way.h"

namespace camfleet::sim {

// What becomes of one RTP packet on its way out of a device: what a bad network does to it.
enum class Fate : std::uint8_t {
  sent,
  lost,
  twice,
  later  // behind the packet that follows it
};

// All that goes out on one RTSP connection: answers and pictures, whole, in order, and no more than one frame
// ahead of the socket. On the device's loop.
class Outlet final : public Way {
 public:
  // Where `faults` says that the device is slow, it is.
  explicit Outlet(net::TcpStream& stream, Faults* faults = nullptr) : stream_(stream), faults_(faults) {}

  // Sends what the socket takes and keeps the rest, which must have gone before more pictures are given.
  // False: the connection is dead.
  bool send(std::span<const ByteView> parts) override;
  bool flush() override;
  bool blocked() const override { return !rest_.empty(); }
  bool dead() const { return dead_; }
  // What waits goes out by and by, whether or not the socket would take it.
  bool slow() const { return faults_ != nullptr && faults_->on(Fault::slow); }
  // When the socket last took bytes.
  SteadyTime last_taken() const { return last_taken_; }
  void touch(SteadyTime now) { last_taken_ = now; }

 private:
  net::TcpStream& stream_;
  Bytes rest_;
  std::size_t allowed();  // bytes that may go now
  Faults* faults_;
  double allowance_ = 0;
  SteadyTime allowed_at_{};
  std::size_t sent_ = 0;  // of rest_
  bool dead_ = false;
  SteadyTime last_taken_{};
};

// One playing session: a place in a clip, and the RTP numbers that only it has. On the device's loop; the
// clip, the way and the counters outlive it.
class Player {
 public:
  using Start = TrackStart;
  // Asked for each RTP packet; empty: all are sent.
  using PacketFate = std::function<Fate()>;
  Player(const Clip& clip, Way& way, Counters& counters, Start start, std::size_t frame,
         const PacketFate* fate = nullptr)
      : view_{&clip, 0, clip.frames()},
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

  // Asked before each frame for what there is to see; where that has changed, it begins with its first frame.
  using Scene = std::function<View()>;
  void watch(Scene scene);
  // What is wrong with the device.
  void suffer(Faults& faults) { faults_ = &faults; }
  // Sound goes with the pictures, or (`alone`) in their place.
  void add_sound(const Sound& sound, std::uint8_t payload_type, Way& way, Start start, bool alone);

  std::uint16_t sequence() const { return sequence_; }
  std::uint32_t timestamp() const { return timestamp_; }
  const SoundPlayer* sound() const { return sound_ ? &*sound_ : nullptr; }

 private:
  void show(std::uint64_t passed, const Clock& clock);
  bool muted();
  std::size_t key_from(std::size_t frame) const;  // in the view
  void send_frame(const Clip::Frame& frame, const Clock& clock);

  View view_;
  Scene scene_;
  Faults* faults_ = nullptr;
  std::optional<SoundPlayer> sound_;
  bool pictures_ = true;
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
