#pragma once
#include <optional>

#include "net/http_server.h"
#include "sim/device.h"

namespace camfleet::sim {

// The door of a device that has its web login alone (Fault::session_login): answers what belongs to that
// login, and refuses whoever has no session, without any challenge. Nothing: the request may pass.
std::optional<net::HttpResponse> session_gate(const net::HttpExchange& exchange, Device& device);

// The web login beside Digest, as all devices have it; the vendor's library uses it. Answers the questions of
// that login itself; nothing: the request is another one.
std::optional<net::HttpResponse> session_login(const net::HttpExchange& exchange, Device& device);
// Whether the request comes with the cookie of such a session.
bool has_session(const net::HttpExchange& exchange, Device& device);

}  // namespace camfleet::sim
