#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "cli/doctor/check.h"
#include "net/capacity.h"

namespace camfleet::cli::doctor {
namespace {

// A machine of files.
class Doctor : public testing::Test {
 protected:
  Doctor() {
    std::string pattern = testing::TempDir() + "/doctor-XXXXXX";
    root = ::mkdtemp(pattern.data());
    machine.proc = root / "proc";
    machine.cgroup = root / "cgroup";
    machine.soft_descriptors = 1024;
    machine.hard_descriptors = 20'000;
    machine.now_unix = 1'795'000'000;
    machine.user = ::geteuid();
    plan.data = root / "data";
    std::filesystem::create_directories(plan.data);
    std::filesystem::permissions(plan.data, std::filesystem::perms::owner_all);
  }
  ~Doctor() override { std::filesystem::remove_all(root); }

  void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream{root / path, std::ios::binary} << text;
  }
  void chmod(const std::filesystem::path& path, int mode) {
    std::filesystem::permissions(root / path, static_cast<std::filesystem::perms>(mode));
  }
  Check named(const std::string& name) {
    for (auto& check : data_directory(machine, plan))
      if (check.name == name) return check;
    return {};
  }

  std::filesystem::path root;
  Machine machine;
  Plan plan;
};

TEST_F(Doctor, DescriptorsAreCountedAsTheGatewayCountsThem) {
  EXPECT_EQ(descriptors(machine, plan).grade, Grade::ok);
  EXPECT_NE(descriptors(machine, plan).found.find(std::to_string(net::devices_that_fit(20'000))),
            std::string::npos);
  plan.devices = 9'000;
  EXPECT_EQ(descriptors(machine, plan).grade, Grade::ok);
  plan.devices = 10'000;
  const auto check = descriptors(machine, plan);
  EXPECT_EQ(check.grade, Grade::fail);
  EXPECT_NE(check.advice.find("LimitNOFILE="), std::string::npos);
  plan.devices = 9'850;
  EXPECT_EQ(descriptors(machine, plan).grade, Grade::warn);
}

TEST(Capacity, AddsUpToWhatThereIs) {
  EXPECT_EQ(net::devices_that_fit(0), 1U);
  EXPECT_EQ(net::devices_that_fit(256), 1U);
  EXPECT_EQ(net::devices_that_fit(20'000), 9'872U);
  EXPECT_EQ(net::viewers_that_fit(20'000, 9'872), 0U);
  EXPECT_EQ(net::viewers_that_fit(20'000, 9'000), 872U);
  EXPECT_EQ(net::viewers_that_fit(256, 1), 0U);
}

TEST_F(Doctor, MemoryIsTheLeastOfTheMachineAndItsCgroups) {
  write("proc/meminfo", "MemTotal: 1 kB\nMemAvailable:    4194304 kB\n");
  EXPECT_EQ(memory_of(machine)->bytes, 4ULL << 30);
  EXPECT_EQ(memory_of(machine)->from, "MemAvailable");
  write("proc/self/cgroup", "0::/system.slice/camfleet.service\n");
  write("cgroup/system.slice/camfleet.service/memory.max", "max\n");
  EXPECT_EQ(memory_of(machine)->from, "MemAvailable");
  write("cgroup/system.slice/memory.max", "1073741824\n");
  EXPECT_EQ(memory_of(machine)->bytes, 1ULL << 30);
  write("proc/self/cgroup", "4:cpu,memory:/box\n3:cpuset:/box\n");
  write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory_of(machine)->from, "MemAvailable");
  write("cgroup/memory/box/memory.limit_in_bytes", "536870912\n");
  EXPECT_EQ(memory_of(machine)->bytes, 512ULL << 20);
}

TEST_F(Doctor, MemoryThatDoesNotHoldTheFleetIsAFailure) {
  write("proc/meminfo", "MemAvailable: 1048576 kB\n");
  plan.devices = 10'000;
  EXPECT_EQ(memory(machine, plan).grade, Grade::ok);
  plan.devices = 50'000;
  EXPECT_EQ(memory(machine, plan).grade, Grade::warn);
  plan.devices = 100'000;
  EXPECT_EQ(memory(machine, plan).grade, Grade::fail);
  std::filesystem::remove(root / "proc/meminfo");
  EXPECT_EQ(memory(machine, plan).grade, Grade::warn);
}

TEST_F(Doctor, APortInUseSaysByWhom) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(socket, 1), 0);
  socklen_t size = sizeof at;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
  const auto where = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  machine.proc = "/proc";
  const auto check = port(machine, "http port", where);
  EXPECT_EQ(check.grade, Grade::fail);
  EXPECT_NE(check.found.find("cli_test (process " + std::to_string(::getpid()) + ')'), std::string::npos)
      << check.found;
  // Where /proc hides it.
  machine.proc = root / "proc";
  EXPECT_EQ(port(machine, "http port", where).grade, Grade::warn);
  ::close(socket);
  EXPECT_EQ(port(machine, "http port", where).grade, Grade::ok);
  EXPECT_EQ(port(machine, "http port", "203.0.113.9:8080").grade, Grade::fail);
  EXPECT_EQ(port(machine, "http port", "nonsense").grade, Grade::fail);
}

TEST_F(Doctor, OutgoingPortsThatOverlapAListenerAreAWarning) {
  plan.http = "127.0.0.1:8080";
  write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  EXPECT_EQ(port_range(machine, plan).grade, Grade::ok);
  write("proc/sys/net/ipv4/ip_local_port_range", "1024 60999\n");
  EXPECT_NE(port_range(machine, plan).advice.find("ip_local_reserved_ports=8080"), std::string::npos);
  write("proc/sys/net/ipv4/ip_local_port_range", "60000 60999\n");
  EXPECT_EQ(port_range(machine, plan).grade, Grade::warn);
  write("proc/sys/net/ipv4/ip_local_port_range", "x");
  EXPECT_EQ(port_range(machine, plan).grade, Grade::warn);
}

TEST_F(Doctor, TheClockHasToBePlausible) {
  EXPECT_EQ(clock(machine).grade, Grade::ok);
  machine.clock_synchronised = false;
  EXPECT_EQ(clock(machine).grade, Grade::warn);
  machine.clock_synchronised = true;
  EXPECT_EQ(clock(machine).grade, Grade::ok);
  machine.now_unix = 0;
  EXPECT_EQ(clock(machine).grade, Grade::fail);
}

TEST_F(Doctor, KernelSettingsForAHandfulOfConnectionsAreAWarning) {
  write("proc/sys/net/core/somaxconn", "4096\n");
  EXPECT_EQ(kernel(machine).grade, Grade::ok);
  write("proc/sys/net/core/somaxconn", "128\n");
  EXPECT_NE(kernel(machine).advice.find("sysctl -w net.core.somaxconn=1024"), std::string::npos);
}

TEST_F(Doctor, SecretsThatOthersMayReadAreAFailure) {
  EXPECT_EQ(named("data directory").grade, Grade::ok);
  EXPECT_EQ(named("secret.key").grade, Grade::ok);  // not there yet
  write("data/secret.key", std::string(32, 'k'));
  chmod("data/secret.key", 0600);
  EXPECT_EQ(named("secret.key").grade, Grade::ok);
  chmod("data/secret.key", 0640);
  EXPECT_EQ(named("secret.key").grade, Grade::fail);
  write("data/admin.token", "");
  chmod("data/admin.token", 0600);
  EXPECT_EQ(named("admin.token").grade, Grade::fail);
  chmod("data", 0755);
  EXPECT_EQ(named("data directory").grade, Grade::warn);
  chmod("data", 0777);
  EXPECT_EQ(named("data directory").grade, Grade::fail);
}

TEST_F(Doctor, ADataDirectoryThatCannotBeMadeIsAFailure) {
  plan.data = root / "none/yet";
  EXPECT_EQ(named("data directory").grade, Grade::ok);
  write("file", "x");
  plan.data = root / "file";
  EXPECT_EQ(named("data directory").grade, Grade::fail);
}

TEST_F(Doctor, TheDiskIsMeasuredAndLeftAsItWas) {
  EXPECT_NE(disk_speed(plan).found.find(" ms to write and sync"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(plan.data));
  EXPECT_NE(disk_space(plan).found.find("free"), std::string::npos);
  plan.data = "/proc/self";
  EXPECT_EQ(disk_speed(plan).grade, Grade::warn);
}

TEST_F(Doctor, ARegistryOfANewerVersionIsAFailure) {
  plan.known_schema = 3;
  EXPECT_EQ(schema(plan).grade, Grade::ok);
  std::string head = "SQLite format 3";
  head.resize(100);
  head[63] = 3;
  write("data/registry.db", head);
  EXPECT_EQ(schema(plan).found, "schema 3");
  head[63] = 0;
  write("data/registry.db", head);
  EXPECT_EQ(schema(plan).found, "schema 0, brought to 3 at the next start");
  write("data/registry.db-wal", "frames");
  EXPECT_NE(schema(plan).found.find("journal"), std::string::npos);
  head[63] = 4;
  write("data/registry.db", head);
  EXPECT_EQ(schema(plan).grade, Grade::fail);
  write("data/registry.db", "garbage");
  EXPECT_EQ(schema(plan).grade, Grade::fail);
}

TEST_F(Doctor, AFileOfEventsThatWasPutAsideIsTold) {
  EXPECT_EQ(event_ledger(plan).grade, Grade::ok);
  write("data/events/ev-2026-11-28.db", "x");
  EXPECT_EQ(event_ledger(plan).found, "1 files, " + size_text(1));
  write("data/events/ev-2026-11-27.db.damaged", "x");
  EXPECT_EQ(event_ledger(plan).grade, Grade::warn);
}

}  // namespace
}  // namespace camfleet::cli::doctor
