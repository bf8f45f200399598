#pragma once
#include <cstddef>

#include "base/clock.h"
#include "sim/clips.h"
#include "sim/device.h"

namespace camfleet::sim {

// What one stream of a device shows: a part of a clip that goes round and round.
struct View {
  const Clip* clip = nullptr;
  std::size_t first = 0;  // a key frame
  std::size_t frames = 0;
  bool operator==(const View&) const = default;
};

// As the device stands now: its codec, what Fault::codec_change makes of it, and where a dome looks. A dome
// at its home position shows the clip that all others show; elsewhere one of 20 views (docs/simulator.md),
// which there are in H.264 alone.
View view_of(const Device& device, const Clips& clips, int channel, int profile, SteadyTime now);

// The frame of it that is due, all sessions of a device together.
inline std::size_t frame_of(const View& view, std::uint64_t round, const Device& device) {
  return view.first + (round + device.identity().index) % view.frames;
}

}  // namespace camfleet::sim
