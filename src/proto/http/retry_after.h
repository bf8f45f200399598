#pragma once
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace camfleet::http {

// What Retry-After asks for (RFC 9110 section 10.2.3; RTSP has the same): seconds from `now`, from a number
// or from an HTTP-date in any of its three forms. A date that has passed is 0, more than a day is a day;
// nothing where it is neither, or negative.
std::optional<int> retry_after(std::string_view value, WallTime now);

}  // namespace camfleet::http
