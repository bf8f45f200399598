#pragma once
#include <chrono>
#include <cstdint>

#include "model/packet.h"

namespace camfleet::device {

// Whether the pictures of a track come whole. Where the network drops what is longer than it takes in one
// piece, small packets come and the large ones of each key picture never do: everything looks alive, and
// nobody sees anything.
class Wholeness {
 public:
  // `patience`: to the first picture that is whole.
  Wholeness(SteadyTime begin, std::chrono::milliseconds patience)
      : begin_(begin), last_whole_key_(begin), patience_(patience) {}

  // In order; `gap`: packets before this one are missing.
  void packet(const model::Packet& packet, bool gap);
  // No picture was whole in time, or three key pictures in a row, over five seconds, were not.
  bool hopeless(SteadyTime now) const;
  // Whether it may become hopeless by mere waiting, and when.
  SteadyTime due() const { return any_whole_ ? kNever : begin_ + patience_; }

 private:
  void end_picture(SteadyTime now);

  SteadyTime begin_;
  SteadyTime last_whole_key_;
  std::chrono::milliseconds patience_;
  bool any_whole_ = false;
  bool open_ = false;  // a picture has begun and not ended
  bool broken_ = false;
  bool key_ = false;
  std::uint32_t timestamp_ = 0;
  std::uint32_t broken_keys_ = 0;  // in a row
};

}  // namespace camfleet::device
