#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace camfleet::tz {

// "+08:00", "-3:30", "UTC+8", "Z", "UTC": a difference to UTC that never changes.
std::optional<std::chrono::seconds> parse_offset(std::string_view text);
// "Asia/Shanghai": a name of the time zone database that is safe as a path below its folder.
bool is_zone_name(std::string_view text);

// What a zone's clocks are ahead of UTC at a moment, by its file (TZif, RFC 8536). Nothing where the file is
// not understood, or tells by a rule alone what the moment wants (a "slim" file, past its last change).
std::optional<std::chrono::seconds> offset_at(ByteView file, std::int64_t utc_s);
// The moment at which the zone's clocks show `local`; of two the later one.
std::optional<WallTime> utc_of(ByteView file, std::chrono::local_seconds local);

}  // namespace camfleet::tz
