#pragma once
#include <array>
#include <cstdint>

namespace camfleet::rtp {

// Media time of a stream in units of 1/90,000 s, from 0, never decreasing, made of the RTP timestamps of its
// frames.
//
// Cameras repeat timestamps, step back a little, insert frames that are hours away, restart at the end of a
// recording file and wrap every 13 hours. A jump of more than 5 s that does not last is the fault of that
// frame, which gets the time a usual step after its predecessor; one that the third frame confirms is the
// beginning of a new timeline, which goes on where the old one was. Small steps back are held: the frame gets
// one unit more than its predecessor. Timestamps of B frames are out of order by nature: where reorder() says
// so, a step back is what it says.
class Timeline {
 public:
  explicit Timeline(std::uint32_t clock_rate = 90'000) : rate_(clock_rate == 0 ? 90'000 : clock_rate) {}

  struct Stamp {
    std::int64_t time = 0;      // 1/90,000 s
    bool repaired = false;      // not what the timestamp said
    bool new_timeline = false;  // first frame of a timeline that was accepted after a jump
  };
  // One frame, in order of arrival; once for each frame, not for each packet.
  Stamp frame(std::uint32_t timestamp);

  // Whether frames come in another order than they are shown in. Times then do decrease.
  void reorder(bool on) { reorders_ = on; }
  // The source changed (another SSRC, a reconnect): the next frame begins a new timeline without doubt.
  void restart() { started_ = false; }
  std::uint32_t jumps() const { return jumps_; }

 private:
  std::int64_t scaled(std::int64_t ticks) const { return ticks * 90'000 / rate_; }
  Stamp begin(std::uint32_t timestamp);
  Stamp doubt(std::uint32_t timestamp);

  std::int64_t rate_;
  bool started_ = false;
  bool ever_ = false;
  bool reorders_ = false;
  std::uint32_t last_timestamp_ = 0;  // of the last frame that was believed
  std::int64_t ticks_ = 0;            // since the timeline began
  std::int64_t origin_ = 0;           // media time of its beginning
  std::int64_t last_time_ = 0;        // the latest so far
  std::int64_t step_ = 3600;          // the usual distance of frames, in 1/90,000 s
  std::uint32_t suspect_ = 0;
  int doubts_ = 0;
  std::uint32_t jumps_ = 0;
};

}  // namespace camfleet::rtp
