#pragma once
#include "net/http_server.h"

namespace camfleet::sim {

class Simulator;

// The control API: what the fleet has seen, and what is done to its devices. JSON, no login: it listens on
// loopback. docs/simulator.md has the routes. New faults are rows of the table in control.cpp.
net::Task<> answer_control(net::HttpExchange& exchange, Simulator& simulator);

}  // namespace camfleet::sim
