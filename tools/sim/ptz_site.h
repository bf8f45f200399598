#pragma once
#include <optional>

#include "net/http.h"
#include "net/http_server.h"
#include "sim/device.h"

namespace camfleet::sim {

// Answers what lies below /ISAPI/PTZCtrl, on the device's loop; nothing for other paths. Cameras that are no
// domes refuse it; recorders say yes for every channel, as they do, and move those that have a dome behind
// them.
std::optional<net::HttpResponse> answer_ptz(const net::HttpExchange& exchange, Device& device);

}  // namespace camfleet::sim
