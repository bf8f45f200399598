#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "model/ids.h"
#include "model/stream.h"

namespace camfleet::media {

// The answer to DESCRIBE: what the camera announced, re-announced as ours. `address` is our own on this
// connection.
std::string describe(const model::StreamKey& key, const model::StreamInfo& info, std::string_view address,
                     std::uint64_t id);

}  // namespace camfleet::media
