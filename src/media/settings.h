#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace camfleet::media {

// What a window of a stream may hold; whichever comes first.
struct WindowLimits {
  std::size_t bytes = 8 * 1024 * 1024;
  std::chrono::milliseconds age{30'000};
};
// How far a viewer may stay behind before it is moved to the next key frame; whichever comes first.
struct LagLimits {
  std::size_t bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds age{5'000};
};

struct Settings {
  std::chrono::milliseconds linger{10'000};       // a pull goes on for this long after its last viewer
  std::chrono::milliseconds start_limit{10'000};  // from the first viewer to a stream that is set up
  std::chrono::milliseconds failure_memory{
      1'000};                                    // a failed start answers for this long without a new attempt
  std::chrono::milliseconds slow_limit{10'000};  // a viewer that takes too little for this long is closed
  std::size_t slow_bytes = 64 * 1024;            // "too little", for a viewer that is behind
  std::chrono::milliseconds key_patience{3'000};  // without a key picture, before its source is asked for one
  std::chrono::milliseconds sweep{1'000};         // how often a loop looks for what is overdue
  std::chrono::milliseconds retry_base{1'000};    // of a kept stream, between failures: doubled, up to:
  std::chrono::milliseconds retry_cap{60'000};
  std::chrono::milliseconds retry_stable{30'000};  // a stream that lived as long was no failure
  std::size_t max_starts = 64;                     // pulls that are starting at once, in the whole process
  std::uint64_t max_rate = 0;  // bits/s of one stream, averaged over rate_window, past which it ends; 0: any
  std::chrono::milliseconds rate_window{4'000};
  std::chrono::milliseconds flood_memory{30'000};  // then it is not pulled again for so long
  // Viewers are held for this long while their source is away; 0: they are closed at once.
  std::chrono::milliseconds hold{30'000};
  std::chrono::milliseconds quiet{3'000};  // without a packet: media.quiet
  // Frames that come within this time leave together: less CPU, as much more delay. 0: each as soon as it is
  // whole.
  std::chrono::milliseconds merge{0};
  // A stream with so many viewers is mirrored to the loops of those that come; 0: never.
  std::size_t mirror_viewers = 250;
  WindowLimits window;
  LagLimits lag;
};

}  // namespace camfleet::media
