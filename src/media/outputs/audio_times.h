#pragma once
#include <cstdint>
#include <optional>

namespace camfleet::media {

// Where the frames of a sound track go on the time of its stream, so that they follow each other without
// holes or overlaps and stay with the pictures: a player of two tracks stops where one of them ends.
//
// A frame goes directly behind the one before; where that is more than 10 ms from the place that it should
// have, it is moved by a sixty-fourth of its length towards it. Where it is more than a frame late, silence
// comes first; where it is more than a frame early, it is left out; the first one behind silence stands
// exactly where it should. Times come in 1/90,000 s and go out in samples.
class AudioTimes {
 public:
  // Of one frame, in samples.
  AudioTimes(std::uint32_t rate, std::uint32_t frame) : rate_(rate), frame_(frame) {}

  struct Place {
    std::uint32_t silence = 0;  // frames that come before it, from `time` on, up to where it begins
    std::int64_t time = 0;      // of the first of them, or of the frame itself
    bool drop = false;          // it belongs to what has been said already
  };
  // `wanted`: where it should be; nothing where it is not known, or more than five seconds away: behind the
  // former one.
  Place place(std::optional<std::int64_t> wanted);
  // Silence up to and including `until`: how many frames, from time() on. For sound that does not come.
  std::uint32_t fill(std::int64_t until);

  // Begins at `time` (1/90,000 s): where another rate takes over.
  void go_on(std::int64_t time) { next_ = samples(time); }

  bool started() const { return next_.has_value(); }
  // Where the next frame goes.
  std::int64_t time() const { return next_.value_or(0); }
  std::uint32_t frame() const { return frame_; }
  std::int64_t rate() const { return rate_; }

 private:
  std::int64_t samples(std::int64_t time) const { return time * rate_ / 90'000; }

  std::int64_t rate_;
  std::uint32_t frame_;
  std::optional<std::int64_t> next_;
  bool quiet_ = false;  // the frame before was silence
};

}  // namespace camfleet::media
