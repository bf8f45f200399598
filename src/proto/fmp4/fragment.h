#pragma once
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "proto/fmp4/init_segment.h"

namespace camfleet::fmp4 {

// One picture or audio frame, in decoding order. Of video the data are NAL units, each behind its length in
// four bytes.
struct Sample {
  ByteView data;
  std::uint32_t duration = 0;           // in the track's timescale
  std::int32_t composition_offset = 0;  // presentation minus decoding time
  bool key = true;                      // decoding can begin here
};

// Samples of one track that follow each other without a gap.
struct Run {
  std::uint32_t track = kVideoTrack;
  std::uint64_t decode_time = 0;  // of the first, in the track's timescale
  std::span<const Sample> samples;
};

inline constexpr std::size_t kMaxSamples = 4096;               // of a run
inline constexpr std::size_t kMaxFragment = 64 * 1024 * 1024;  // bytes of data

// The time of day at which the next fragment's track is at `media_time` (ISO/IEC 14496-12 section 8.16.5),
// appended in front of its moof. `ntp`: 32.32 fixed-point seconds since 1900. `by_camera`: as the camera
// says, of the light on its sensor; otherwise when the picture reached us.
void append_producer_time(Bytes& out, std::uint32_t track, std::uint64_t ntp, std::uint64_t media_time,
                          bool by_camera);

// moof and the head of mdat; the data of all samples follow as they are, run by run, so that a writer can
// gather them without a copy. `sequence` grows with each fragment, from 1. media_bad_data for no samples, an
// empty sample, or past the limits.
Result<Bytes> fragment_head(std::uint32_t sequence, std::span<const Run> runs);
// The same with the data behind it.
Result<Bytes> fragment(std::uint32_t sequence, std::span<const Run> runs);
inline Result<Bytes> fragment(std::uint32_t sequence, const Run& run) {
  return fragment(sequence, std::span{&run, 1});
}

}  // namespace camfleet::fmp4
