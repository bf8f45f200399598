#pragma once
#include <cstdint>

#include "sim/clips.h"

namespace camfleet::sim::testing {

// A clip without a picture in it: `gops` GOPs of `gop` frames, parameter sets of a real camera, and slices
// whose second byte onwards repeats the frame's number. Key frames have `key_size` bytes, others 40.
inline Bytes small_annexb(unsigned gops, unsigned gop, std::size_t key_size = 3000) {
  Bytes sps, pps, out;
  from_base64("Z00AKY2NQDwBE/LNwEBAUAAAcIAAFfkAQA==", sps);
  from_base64("aO48gA==", pps);
  const auto nal = [&](ByteView bytes) {
    out.insert(out.end(), {0, 0, 0, 1});
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  for (unsigned i = 0; i < gops * gop; ++i) {
    const bool key = i % gop == 0;
    if (key) {
      nal(sps);
      nal(pps);
    }
    Bytes slice(key ? key_size : 40, static_cast<std::uint8_t>(0x80 | i));
    slice[0] = key ? 0x65 : 0x41;
    nal(slice);
  }
  return out;
}

inline Clips small_clips() {
  Clips clips{*Clip::cut(small_annexb(4, 5)), *Clip::cut(small_annexb(4, 5, 500))};
  for (Clip* clip : {&clips.main, &clips.sub})
    clip->set_pictures({std::make_shared<const std::string>("\xff\xd8 picture \xff\xd9")});
  return clips;
}

}  // namespace camfleet::sim::testing
