#include "sim/fleet_csv.h"

#include <fmt/format.h>

#include <iterator>

#include "proto/csv/csv.h"

namespace camfleet::sim {

std::string fleet_csv(const PopulationOptions& population, const AddressPlan& plan, std::uint16_t http_port,
                      std::uint16_t rtsp_port) {
  std::string out = "id,name,driver,address,http_port,rtsp_port,username,password,tags\r\n";
  for (std::uint32_t i = 0; i < population.devices; ++i) {
    const auto device = identity_of(population, i);
    fmt::format_to(std::back_inserter(out), "{},{},hikvision,{},{},{},{},{},{}\r\n", device.id,
                   csv::field(device.name), dotted(plan.address_of(i)), http_port, rtsp_port, kUser,
                   csv::field(device.password),
                   csv::field(fmt::format("{};{}", device.site, device.nvr ? "nvr" : "ipc")));
  }
  return out;
}

}  // namespace camfleet::sim
