#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"

namespace camfleet::cli::doctor {

enum class Grade { ok, warn, fail };
const char* to_text(Grade grade);

// One thing that was looked at.
struct Check {
  std::string name;  // "descriptors": stable, for scripts
  Grade grade = Grade::ok;
  std::string found;   // what there is
  std::string advice;  // what it means and what to do; empty where nothing is to be done
};

// The machine, by the files and the system calls that tell of it; a test brings its own.
struct Machine {
  std::filesystem::path proc = "/proc";
  std::filesystem::path cgroup = "/sys/fs/cgroup";
  std::uint64_t soft_descriptors = 0;
  std::uint64_t hard_descriptors = 0;
  std::optional<bool> clock_synchronised;  // nullopt: the kernel does not say
  std::int64_t now_unix = 0;
  unsigned user = 0;
};
Machine this_machine();

// What is planned.
struct Plan {
  std::size_t devices = 0;  // 0: nobody said
  std::filesystem::path data;
  std::string http, rtsp;  // HOST:PORT
  std::filesystem::path tls_cert, tls_key;
  int known_schema = 0;  // of the registry, 0: nobody said
};

// The checks. None changes anything, but that disk() writes and removes a file of 4 KiB in the data
// directory.
Check descriptors(const Machine& machine, const Plan& plan);
Check memory(const Machine& machine, const Plan& plan);
Check port(const Machine& machine, const std::string& name, const std::string& host_port);
Check port_range(const Machine& machine, const Plan& plan);
Check kernel(const Machine& machine);
Check clock(const Machine& machine);
std::vector<Check> data_directory(const Machine& machine, const Plan& plan);
Check disk_space(const Plan& plan);
Check file_system(const Plan& plan);
Check disk_speed(const Plan& plan);
Check schema(const Plan& plan);
Check event_ledger(const Plan& plan);
Check certificate(const Machine& machine, const Plan& plan);  // of the files that are named
Check libraries();

// The vendor's library, which a host process loads for this.
struct SdkWish {
  std::string directory;  // of libhcnetsdk.so
  std::string address;    // a device to log in to; empty: none
  std::string port, user = "admin";
  bool isapi = false, tls = false;
};
// `password`: of that login; goes to the process by its input.
std::vector<Check> sdk(const SdkWish& wish, const Secret& password);

// Pieces that tests look at alone.
// Bytes that this process may use: the least of its cgroup's limits (v2, else v1, up the tree) and what is
// available.
struct Memory {
  std::uint64_t bytes = 0;
  std::string from;  // "cgroup" or "MemAvailable"
};
std::optional<Memory> memory_of(const Machine& machine);
// Name and pid of whoever listens on a port, as far as /proc shows it to us; empty where it does not.
std::string listener_of(const Machine& machine, unsigned port);
std::string size_text(std::uint64_t bytes);

}  // namespace camfleet::cli::doctor
