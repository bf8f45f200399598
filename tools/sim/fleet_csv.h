#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/population.h"

namespace camfleet::sim {

// The fleet as `POST /api/v1/devices/import` takes it: text/csv (RFC 4180), a row for each device, lists
// separated by
// ';'. The passwords are in it, in plain text.
std::string fleet_csv(const PopulationOptions& population, const AddressPlan& plan, std::uint16_t http_port,
                      std::uint16_t rtsp_port);

}  // namespace camfleet::sim
