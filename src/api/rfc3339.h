#pragma once
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace camfleet::api {

// A moment as RFC 3339 section 5.6 writes it: "2026-11-22T14:27:51Z", with a fraction, with "+08:00". Nothing
// where it is none, or has no offset.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace camfleet::api
