#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/device.h"

namespace camfleet::api {

// "\"7\"": the strong tag of a device's revision.
std::string etag_of(const model::DeviceView& view);

// Whether an If-Match header (RFC 9110 section 13.1.1) holds for a revision. An empty header holds always, so
// does `*`; of a list, one must be ours and strong. api.precondition_failed, or api.bad_request where it is
// no list of tags.
Result<void> check_if_match(std::string_view header, std::uint64_t revision);

// Whether an If-None-Match header (RFC 9110 section 13.1.2) names `etag`, weakly or not, or is `*`.
bool names_etag(std::string_view header, std::string_view etag);

}  // namespace camfleet::api
