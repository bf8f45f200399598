#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace camfleet::api {

// What POST /api/v1/backup tells of the copy that it made.
struct Backup {
  std::string path;  // of its folder, on the gateway's machine
  std::uint64_t bytes = 0;
  std::vector<std::string> files;  // by name, SHA256SUMS not among them
};

}  // namespace camfleet::api
