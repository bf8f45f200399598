#pragma once
#include "net/http.h"
#include "net/http_server.h"

namespace camfleet::sim {

class Simulator;

// /faults of the control API: GET what is active, POST one, DELETE some or all.
net::HttpResponse answer_faults(const net::HttpExchange& exchange, Simulator& simulator);

}  // namespace camfleet::sim
