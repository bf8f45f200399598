#pragma once
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "proto/sdkhost/message.h"

namespace camfleet::device::hcnetsdk {

// The moment that a device's clock shows, which tells local time alone. `zone` is what the operator said of
// it: "Asia/Shanghai" (of the machine's time zone database, read each time) or "+08:00". Nothing where that
// is empty or not known, or the clock shows what is no time.
std::optional<WallTime> utc_of(const sdkhost::ClockResult& clock, std::string_view zone);

}  // namespace camfleet::device::hcnetsdk
