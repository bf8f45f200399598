#pragma once
#include <cstdint>

#include "base/clock.h"
#include "sim/counters.h"
#include "sim/sound.h"
#include "sim/way.h"

namespace camfleet::sim {

// The sound of one playing session, beside its pictures: the packets that are due at each frame. On the
// device's loop; what it is given outlives it.
class SoundPlayer {
 public:
  SoundPlayer(const Sound& sound, std::uint8_t payload_type, Way& way, Counters& counters, TrackStart start);

  // The device's clock has reached frame number `round`. What a reader has no room for is left out; so is
  // all of it where it is `muted`. Time goes on.
  void tick(std::uint64_t round, bool muted, const Clock& clock);

  std::uint16_t sequence() const { return sequence_; }
  std::uint32_t timestamp() const {
    return start_.timestamp + static_cast<std::uint32_t>(packet_ * sound_.ticks_per_packet());
  }

 private:
  const Sound& sound_;
  std::uint8_t payload_type_;
  Way& way_;
  Counters& counters_;
  TrackStart start_;
  std::uint16_t sequence_;    // of the next packet
  std::uint64_t packet_ = 0;  // since the start
  std::uint64_t first_round_ = 0;
  std::uint64_t report_round_ = 0;
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;
  bool started_ = false;
};

}  // namespace camfleet::sim
