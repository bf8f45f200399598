#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/clips.h"

namespace camfleet::sim {

// The SDP of one stream.
struct Description {
  std::string_view host;  // "127.1.0.1"
  std::string url;        // absolute, of the stream, without a slash at its end and without query
  std::string_view query;
  std::uint64_t id = 0;  // of o=: microseconds on cameras
};

// As cameras write it: "Media Presentation", absolute control URLs, a constant profile-level-id that is
// wrong.
// H.265 has no fmtp line at all. `sound` may be null.
std::string camera_sdp(const Description& about, const Clip& clip, Audio audio = Audio::none,
                       const Sound* sound = nullptr);
// As recorders write it: "HIK Media Server", relative controls, packetization-mode=0 although FU-A is used,
// no parameter sets, b= after a=control.
std::string recorder_sdp(const Description& about, const Clip& clip, Audio audio = Audio::none,
                         const Sound* sound = nullptr);

}  // namespace camfleet::sim
