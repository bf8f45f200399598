#pragma once
#include <array>
#include <cstdint>

#include "base/clock.h"
#include "model/stream.h"

namespace camfleet::media {

// Makes one stream of several: a camera that was connected again, or began anew with another SSRC, goes on
// for its viewers where it stopped. Players take a change of SSRC for another stream (GStreamer drops it) and
// a jump of timestamps for a defect, so behind the first seam of a track three fields are written over in its
// packets, and in its sender reports (RFC 3550 sections 5.1 and 6.4.1):
//
//   SSRC       that of the first packet that viewers ever had
//   sequence   goes on without a hole
//   timestamp  goes on by the time that passed meanwhile
//
// Before the first seam packets stay as they came, bit for bit. A goodbye (RTCP BYE) is not passed on:
// whether a stream is over is ours to say. Written into the slab, before anybody else has the packet. One
// strand.
class Seam {
 public:
  // The first pull of a stream, or one of another layout: nothing of the former counts.
  void start(const model::StreamInfo& info);
  // Another pull of the same layout follows.
  void cut();
  // False: this packet is not for viewers.
  bool packet(model::Packet& packet);
  // How many seams there were.
  std::uint32_t seams() const { return seams_; }

 private:
  struct Line {
    bool known = false;    // a packet came
    bool cut = false;      // the next one is behind a seam
    bool shifted = false;  // there was a seam
    std::uint16_t shift_sequence = 0;
    std::uint16_t sequence = 0;  // the newest, as viewers see it, and so on:
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t theirs = 0;  // the SSRC of the camera
    std::uint32_t shift_timestamp = 0;
    std::uint32_t rate = 90'000;
    SteadyTime arrival{};
  };
  static constexpr std::size_t kTracks = 4;

  void join(Line& line, std::uint16_t sequence, std::uint32_t ssrc, const model::Packet& packet);
  static bool report(const Line& line, std::uint8_t* at, std::size_t size);

  std::array<Line, kTracks> lines_;
  std::uint32_t seams_ = 0;
};

}  // namespace camfleet::media
