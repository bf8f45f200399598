#pragma once
#include <boost/json/object.hpp>

#include "api/device_json.h"
#include "base/clock.h"

namespace camfleet::api {

// The body of GET /api/v1/devices/{id}/explain: fleet::explain() and the last moves.
boost::json::object explain_json(const model::DeviceView& view, Language language, WallTime now);

}  // namespace camfleet::api
