#pragma once
#include <optional>

#include "net/http_server.h"
#include "sim/device.h"

namespace camfleet::sim {

// The door of a device that has its web login alone (Fault::session_login): answers what belongs to that
// login, and refuses whoever has no session, without any challenge. Nothing: the request may pass.
std::optional<net::HttpResponse> session_gate(const net::HttpExchange& exchange, Device& device);

}  // namespace camfleet::sim
