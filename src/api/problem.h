#pragma once
#include <string>

#include "api/device_json.h"
#include "base/error.h"
#include "net/http.h"

namespace camfleet::api {

// RFC 9457: the code is stable, the title is its sentence in the reader's language, the detail says where. A
// 401 carries WWW-Authenticate, an answer with retry_after_s Retry-After. `status`: where it is not the
// catalogue's, as with a broken message, which there is a device's.
net::HttpResponse problem(const Error& error, Language language, const std::string& trace_id, int status = 0);

// Headers that every answer has: nosniff, no-store, no-referrer, the trace id.
void add_common_headers(net::HttpResponse& response, const std::string& trace_id);

}  // namespace camfleet::api
