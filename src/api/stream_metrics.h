#pragma once
#include <span>
#include <string>

#include "media/stream_status.h"

namespace camfleet::api {

// The part of /metrics/devices that is about streams: a line per stream and figure.
std::string render_streams(std::span<const media::StreamStatus> streams);

}  // namespace camfleet::api
