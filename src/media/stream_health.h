#pragma once
#include <array>
#include <cstdint>

#include "base/clock.h"
#include "model/stream.h"

namespace camfleet::media {

// How well a stream comes in: counted from the packets as the camera sent them, a few integers each, and
// summed up once a second. Lives on the hub's loop; allocates nothing.
class StreamHealth {
 public:
  // What one second of it was like; rates are of the time between two looks.
  struct Figures {
    std::uint64_t packets = 0;    // since the pull began, of all tracks
    std::uint64_t lost = 0;       // holes in their sequence numbers
    std::uint32_t frames = 0;     // since the pull began, of the leading track
    std::uint32_t jitter_us = 0;  // RFC 3550 section 6.4.1, of its frames
    std::uint32_t millifps = 0;
    std::uint32_t bits_per_second = 0;
    std::uint32_t gop_frames = 0;  // of the newest whole group of pictures; 0: none yet
  };

  // A pull begins. `lead`: the track whose frames count.
  void start(const model::StreamInfo& info, std::uint8_t lead, SteadyTime now);
  // RTP as it came, before anything is written over in it.
  void packet(const model::Packet& packet);
  Figures look(SteadyTime now);

 private:
  static constexpr std::size_t kTracks = 4;
  // A jump that is no loss: the camera began to count anew.
  static constexpr std::uint16_t kJump = 3000;
  void frame(const model::Packet& packet);

  struct Line {
    bool known = false;
    std::uint16_t sequence = 0;
    std::uint32_t ssrc = 0;
  };
  std::array<Line, kTracks> lines_;
  std::uint8_t lead_ = 0;
  std::uint32_t rate_ = 90'000;
  std::uint64_t packets_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint32_t frames_ = 0;
  std::uint32_t frames_at_key_ = 0;
  std::uint32_t gop_frames_ = 0;
  bool has_frame_ = false;
  bool has_key_ = false;
  std::uint32_t timestamp_ = 0;
  std::uint32_t key_timestamp_ = 0;
  std::uint32_t transit_ = 0;  // of the newest frame, in ticks of the track
  std::uint32_t jitter_ = 0;   // 16 times
  SteadyTime looked_{};
  std::uint64_t bytes_then_ = 0;
  std::uint32_t frames_then_ = 0;
  Figures figures_;
};

}  // namespace camfleet::media
