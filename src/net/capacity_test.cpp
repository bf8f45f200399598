#include "net/capacity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "net/memory_limit.h"

namespace camfleet::net {
namespace {

TEST(Capacity, descriptors_limit_a_machine_with_memory_enough) {
  const auto room = room_of(20'000, 8ULL << 30, 9'000);
  EXPECT_EQ(room.devices, 9'872U);
  EXPECT_EQ(room.by, Room::By::descriptors);
  EXPECT_EQ(room.viewers, (20'000U - 256 - 18'000) / 2);
}

TEST(Capacity, memory_limits_a_small_container) {
  const auto room = room_of(65'536, 128ULL << 20, 100);
  EXPECT_EQ(room.by, Room::By::memory);
  EXPECT_EQ(room.devices, (96ULL << 20) / (16 << 10) - (64ULL << 20) / (16 << 10));
  EXPECT_GT(room.viewers, 0U);
  EXPECT_LT(room.viewers, 64U);
}

TEST(Capacity, there_is_always_room_for_one_device_and_never_less_than_no_viewer) {
  const auto room = room_of(0, 0, 5);
  EXPECT_EQ(room.devices, 1U);
  EXPECT_EQ(room.viewers, 0U);
  EXPECT_EQ(room_of(20'000, std::nullopt, 0).devices, 9'872U);
}

TEST(MemoryLimit, is_the_least_of_the_cgroups_and_the_machine) {
  const auto root =
      std::filesystem::temp_directory_path() / ("camfleet-memory-" + std::to_string(::getpid()));
  const auto write = [&](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream{root / path} << text;
  };
  EXPECT_FALSE(memory_limit(root / "proc", root / "cgroup"));
  write("proc/meminfo", "MemTotal:    4194304 kB\nMemAvailable: 1 kB\n");
  EXPECT_EQ(memory_limit(root / "proc", root / "cgroup"), 4ULL << 30);
  write("proc/self/cgroup", "0::/system.slice/camfleet.service\n");
  write("cgroup/system.slice/camfleet.service/memory.max", "max\n");
  write("cgroup/system.slice/memory.max", "1073741824\n");
  EXPECT_EQ(memory_limit(root / "proc", root / "cgroup"), 1ULL << 30);
  EXPECT_EQ(cgroup_memory_limit(root / "proc", root / "cgroup"), 1ULL << 30);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace camfleet::net
