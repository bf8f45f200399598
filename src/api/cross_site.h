#pragma once
#include "base/result.h"
#include "net/http.h"

namespace camfleet::api {

// What keeps a page of another site from using a reader's browser against us. Our tokens are never ambient
// (no cookie, no HTTP login), so this is the second wall, not the first.

// auth.cross_site for a change or a WebSocket of which a browser says that another site asks for it:
// Sec-Fetch-Site where it is sent, else Origin, which must name our Host. Programs send neither. Reads pass:
// a page elsewhere may show a live address that it was given, and cannot read anything without our leave
// (CORS).
Result<void> check_same_site(const net::HttpRequest& request);

// api.unsupported_type where a body comes as one of the three types that a page's form can send; bodies of
// the API are JSON, YAML or CSV.
Result<void> check_body_type(const net::HttpRequest& request);

}  // namespace camfleet::api
