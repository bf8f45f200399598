#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "media/decode/picture.h"
#include "media/hub.h"

namespace camfleet::media {

// The packets of one key picture, still as they came; holds their slabs. A value: taken on the hub's loop,
// read on any thread.
struct KeyPicture {
  model::Track track;  // its description, with the parameter sets that are known
  std::vector<model::Packet> packets;
  SteadyTime arrival{};          // of its first packet
  std::uint32_t generation = 0;  // of the pull, and where in it: tells pictures of one stream apart
  std::uint64_t item = 0;
};

// The newest key picture of a live hub that is whole; nullopt where there is none (yet).
std::optional<KeyPicture> newest_key_picture(const Hub& hub);

// Takes it out of its packets. media.undecodable where packets are missing or make no picture.
Result<CodedPicture> assemble(const KeyPicture& picture);

}  // namespace camfleet::media
