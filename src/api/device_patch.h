#pragma once
#include <boost/json/object.hpp>
#include <string_view>

#include "fleet/change.h"

namespace camfleet::api {

// A JSON merge patch (RFC 7396) of a device: a member that is there changes its field, null gives it back its
// default (a null password takes the password away), an empty password changes nothing. `id` may stand in it
// as it is. `add_tags` and `remove_tags` are lists. device.invalid with the member's name.
Result<fleet::DevicePatch> patch_from_json(const boost::json::object& patch, std::string_view id);

// Overwrites the texts of members that are secret before the object goes.
void wipe_secrets(boost::json::object& object);

}  // namespace camfleet::api
