#pragma once
#include <boost/json/object.hpp>
#include <string>

#include "base/result.h"
#include "fleet/ptz.h"

namespace camfleet::api {

// {"pan":-100..100,"tilt":...,"zoom":...,"stop_after_ms":50..10000}, at least one of the first three, or
// {"preset":1..300}; its channel is not in it. api.bad_request names what is wrong.
Result<fleet::PtzCommand> ptz_from_json(const boost::json::object& body);

// "pan 30 tilt 0 zoom 0 for 500 ms", "preset 3", "stop": for the audit line.
std::string to_text(const fleet::PtzCommand& command);

}  // namespace camfleet::api
