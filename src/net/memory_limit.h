#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace camfleet::net {

// The least memory limit of the cgroups that this process is in, up their tree, in bytes; nullopt: none is
// set. Version 2, else version 1. The folders are arguments for tests.
std::optional<std::uint64_t> cgroup_memory_limit(const std::filesystem::path& proc = "/proc",
                                                 const std::filesystem::path& cgroup = "/sys/fs/cgroup");

// What this process may use at most: that limit or the machine's memory, whichever is less. Unlike what is
// available at the moment it is the same at every start. nullopt: neither can be read.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& proc = "/proc",
                                          const std::filesystem::path& cgroup = "/sys/fs/cgroup");

}  // namespace camfleet::net
