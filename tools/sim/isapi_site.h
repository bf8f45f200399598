#pragma once
#include <string>

#include "net/http_server.h"
#include "sim/clips.h"
#include "sim/device.h"
#include "sim/playout.h"

namespace camfleet::sim {

// Answers one HTTP request to `device`, on its loop: login first, then the document. Everything outlives the
// exchange.
net::Task<> answer_isapi(net::HttpExchange& exchange, Device& device, const Playout& playout,
                         const Clips& clips);

}  // namespace camfleet::sim
