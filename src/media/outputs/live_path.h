#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/ids.h"

namespace camfleet::media {

// What an RTSP address of ours names: rtsp://HOST/live/DEVICE[/CHANNEL[/PROFILE]][/trackID=n][?token=...].
struct LivePath {
  model::StreamKey key;
  std::optional<unsigned> track;
  std::string token;      // may be empty
  std::string authority;  // as the client wrote it: "gateway:8554"
};

// The name of a track below its stream.
std::string track_control(unsigned track);

// Takes one spelling only: no percent forms in the path, no doubled slashes, no dots. url.invalid for odd
// ones, api.not_found for what is not below /live/. A track that a client put behind the query is understood.
Result<LivePath> parse_live_url(std::string_view url);

}  // namespace camfleet::media
