#include "events/identity.h"

#include "proto/hash/hash.h"

namespace camfleet::events {

std::string event_id(const Identity& identity) {
  return hash::to_base32(
      hash::name128({identity.device, identity.gateway ? "gateway" : "device",
                     std::to_string(identity.channel), identity.type, identity.detail, identity.description,
                     identity.moment, std::to_string(identity.ordinal)}));
}

}  // namespace camfleet::events
