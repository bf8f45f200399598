#include "net/memory_limit.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "base/text.h"

namespace camfleet::net {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kNoLimit = 1ULL << 60;  // version 1 says "none" by a number beyond all memory

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  std::ifstream in{path};
  std::stringstream text;
  text << in.rdbuf();
  return parse_int<std::uint64_t>(trim(text.str()));
}

}  // namespace

// "0::/system.slice/camfleet.service" is of version 2, "4:memory:/group" of version 1.
std::optional<std::uint64_t> cgroup_memory_limit(const std::filesystem::path& proc,
                                                 const std::filesystem::path& cgroup) {
  std::optional<std::uint64_t> least;
  std::ifstream groups{proc / "self/cgroup"};
  for (std::string line; std::getline(groups, line);) {
    std::string_view rest{line};
    take_until(rest, ':');
    const auto controllers = take_until(rest, ':');
    const bool second = controllers.empty();
    if (!second && (',' + std::string{controllers} + ',').find(",memory,") == std::string::npos) continue;
    const auto root = second ? cgroup : cgroup / "memory";
    const auto* file = second ? "memory.max" : "memory.limit_in_bytes";
    // In a container the path may be that of the host: then the root is what is mounted here.
    std::filesystem::path below{std::string{rest}};
    below = below.relative_path().lexically_normal();
    for (;;) {
      if (const auto limit = number_in(root / below / file); limit && *limit < kNoLimit)
        least = std::min(least.value_or(*limit), *limit);
      if (below.empty() || below == ".") break;
      below = below.parent_path();
    }
  }
  return least;
}

std::optional<std::uint64_t> memory_limit(const std::filesystem::path& proc,
                                          const std::filesystem::path& cgroup) {
  auto least = cgroup_memory_limit(proc, cgroup);
  std::ifstream info{proc / "meminfo"};
  for (std::string line; std::getline(info, line);) {
    std::string_view rest{line};
    if (take_until(rest, ':') != "MemTotal") continue;
    rest = trim(rest);
    if (const auto kib = parse_int<std::uint64_t>(take_until(rest, ' ')))
      least = std::min(least.value_or(*kib * kKiB), *kib * kKiB);
  }
  return least;
}

}  // namespace camfleet::net
