#pragma once
#include "api/api.h"

namespace camfleet::api {

// GET /api/v1/streams: what is pulled now from the devices that the caller may see.
net::Task<Result<>> list_streams(const ApiParts& parts, Call& call);

}  // namespace camfleet::api
