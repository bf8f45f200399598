#pragma once
#include "device/login.h"
#include "net/http_client.h"

namespace camfleet::device {

// Logs in as the device's web pages do, for devices that answer 401 and offer no Digest: asks for a
// challenge, answers it once, and leaves the session's cookie in login.web(). Digest stays the way wherever
// it is offered.
//
// One answer to a challenge for each Login: after a refusal every further call fails without asking. Who
// calls while another login is under way waits for its outcome. device.bad_credentials, device.locked (with
// retry_after_s), device.sessions_full, digest.unsupported (the device knows no web login either), net.*,
// http.*.
net::Task<Result<void>> log_in_by_web(net::HttpConnection& connection, Login& login, Deadline deadline);

}  // namespace camfleet::device
