#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "fleet/fleet.h"

namespace camfleet::app {

// camfleet-sim as our child: a fleet of simulated devices on free ports of loopback. It ends with us, also
// where we are killed. This and nothing else in the gateway starts a program, and only for --demo.
class Demo {
 public:
  // Looks for camfleet-sim beside our own program; blocks until it is ready (30 s). config.invalid where it
  // is missing or does not start.
  static Result<Demo> start(unsigned devices, const std::filesystem::path& export_file);
  Demo(Demo&& other) noexcept;
  Demo& operator=(Demo&&) = delete;
  ~Demo();  // SIGTERM, then waits

  // The devices that it simulates, as it exported them, with their passwords.
  Result<std::vector<fleet::NewDevice>> devices() const;

 private:
  Demo(pid_t child, std::filesystem::path export_file)
      : child_(child), export_file_(std::move(export_file)) {}
  pid_t child_;
  std::filesystem::path export_file_;
};

}  // namespace camfleet::app
