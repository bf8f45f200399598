#include "sim/fleet_csv.h"

#include <fmt/format.h>

#include <iterator>

namespace camfleet::sim {

std::string csv_field(std::string_view text) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) return std::string{text};
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

std::string fleet_csv(const PopulationOptions& population, const AddressPlan& plan, std::uint16_t http_port,
                      std::uint16_t rtsp_port) {
  std::string out = "id,name,driver,address,http_port,rtsp_port,username,password,tags\r\n";
  for (std::uint32_t i = 0; i < population.devices; ++i) {
    const auto device = identity_of(population, i);
    fmt::format_to(std::back_inserter(out), "{},{},hikvision,{},{},{},{},{},{}\r\n", device.id,
                   csv_field(device.name), dotted(plan.address_of(i)), http_port, rtsp_port, kUser,
                   csv_field(device.password),
                   csv_field(fmt::format("{};{}", device.site, device.nvr ? "nvr" : "ipc")));
  }
  return out;
}

}  // namespace camfleet::sim
