// What the machine allows: descriptors, memory, kernel settings, clock.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "cli/doctor/check.h"
#include "net/capacity.h"
#include "net/memory_limit.h"

namespace camfleet::cli::doctor {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;

using net::kBytesOfProcess;
using net::kBytesPerDevice;
using net::kBytesPerStream;
using net::kBytesPerViewer;

std::string read(const std::filesystem::path& path) {
  std::ifstream in{path};
  std::stringstream text;
  text << in.rdbuf();
  return std::string{trim(text.str())};
}

std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  return parse_int<std::uint64_t>(read(path));
}

}  // namespace

const char* to_text(Grade grade) {
  return grade == Grade::ok ? "ok" : grade == Grade::warn ? "warn" : "fail";
}

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 10 * kGiB) return fmt::format("{} GiB", bytes / kGiB);
  if (bytes >= kGiB) return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(kGiB));
  if (bytes >= kMiB) return fmt::format("{} MiB", bytes / kMiB);
  return fmt::format("{} KiB", bytes / kKiB);
}

Machine this_machine() {
  Machine machine;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    machine.soft_descriptors = limit.rlim_cur;
    machine.hard_descriptors = limit.rlim_max;
  }
  timex clock{};
  const int state = ::adjtimex(&clock);
  if (state >= 0) machine.clock_synchronised = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
  machine.now_unix = static_cast<std::int64_t>(std::time(nullptr));
  machine.user = ::geteuid();
  return machine;
}

Check descriptors(const Machine& machine, const Plan& plan) {
  const auto hard = machine.hard_descriptors;
  const auto fits = net::devices_that_fit(hard);
  const auto meant = plan.devices > 0 ? plan.devices : fits;
  Check check{"descriptors", Grade::ok, {}, {}};
  check.found =
      fmt::format("{} (soft {}, raised by serve): {} devices fit", hard, machine.soft_descriptors, fits);
  if (plan.devices > 0)
    check.found += fmt::format("; beside {} devices {} viewers, each of a stream of its own", meant,
                               net::viewers_that_fit(hard, meant));
  const auto needed = net::kReservedDescriptors + net::kDescriptorsPerDevice * plan.devices;
  if (plan.devices > fits) {
    check.grade = Grade::fail;
    check.advice = fmt::format(
        "{} devices need {} descriptors and as many again as there are viewers: set "
        "LimitNOFILE={} in the systemd unit, or raise `ulimit -Hn`",
        plan.devices, needed, std::max<std::size_t>(65'536, 2 * needed));
  } else if (plan.devices > 0 && net::viewers_that_fit(hard, plan.devices) < 64) {
    check.grade = Grade::warn;
    check.advice = "hardly a viewer fits beside so many devices: raise LimitNOFILE";
  } else if (hard < 4096) {
    check.grade = Grade::warn;
    check.advice = "few for a fleet: set LimitNOFILE=65536 in the systemd unit, or raise `ulimit -Hn`";
  }
  return check;
}

std::optional<Memory> memory_of(const Machine& machine) {
  std::optional<Memory> out;
  std::ifstream info{machine.proc / "meminfo"};
  for (std::string line; std::getline(info, line);) {
    std::string_view rest{line};
    if (take_until(rest, ':') != "MemAvailable") continue;
    rest = trim(rest);
    if (const auto kib = parse_int<std::uint64_t>(take_until(rest, ' ')))
      out = Memory{*kib * kKiB, "MemAvailable"};
  }
  if (const auto limit = net::cgroup_memory_limit(machine.proc, machine.cgroup);
      limit && (!out || *limit < out->bytes))
    out = Memory{*limit, "cgroup"};
  return out;
}

Check memory(const Machine& machine, const Plan& plan) {
  const auto have = memory_of(machine);
  if (!have)
    return {"memory", Grade::warn, "cannot be told", "neither a cgroup's limit nor MemAvailable can be read"};
  const auto devices = plan.devices > 0 ? plan.devices : std::size_t{1000};
  const auto need = kBytesOfProcess + devices * kBytesPerDevice;
  Check check{"memory", Grade::ok, {}, {}};
  const auto left = have->bytes > need ? have->bytes - need : 0;
  check.found = fmt::format(
      "{} ({}); {} devices take {}, what is left holds {} pulled streams or {} viewers more (budgets: 16 KiB "
      "a device, "
      "6 KiB a viewer, 1 MiB a stream)",
      size_text(have->bytes), have->from, devices, size_text(need), left / kBytesPerStream,
      left / kBytesPerViewer);
  if (have->bytes < need) {
    check.grade = Grade::fail;
    check.advice = fmt::format("{} devices need {}: give the machine or the cgroup (MemoryMax=) more",
                               devices, size_text(need));
  } else if (left < 256 * kMiB) {
    check.grade = Grade::warn;
    check.advice = "little is left for streams: give the machine or the cgroup (MemoryMax=) more";
  }
  return check;
}

Check kernel(const Machine& machine) {
  Check check{"kernel", Grade::ok, {}, {}};
  const auto net = machine.proc / "sys/net";
  struct Setting {
    const char* name;
    std::filesystem::path path;
    std::uint64_t least;
  };
  const std::vector<Setting> settings{
      {"net.core.somaxconn", net / "core/somaxconn", 1024},
      {"net.core.rmem_max", net / "core/rmem_max", 212'992},
      {"net.core.wmem_max", net / "core/wmem_max", 212'992},
      {"fs.nr_open", machine.proc / "sys/fs/nr_open", machine.hard_descriptors},
  };
  for (const auto& setting : settings) {
    const auto value = number_in(setting.path);
    if (!value) continue;
    check.found += fmt::format("{}{} {}", check.found.empty() ? "" : ", ", setting.name, *value);
    if (*value >= setting.least) continue;
    check.grade = Grade::warn;
    check.advice += fmt::format("{}sysctl -w {}={}", check.advice.empty() ? "small for a fleet: " : "; ",
                                setting.name, setting.least);
  }
  if (check.found.empty()) check.found = "not shown here";
  return check;
}

Check port_range(const Machine& machine, const Plan& plan) {
  Check check{"outgoing ports", Grade::ok, {}, {}};
  const auto text = read(machine.proc / "sys/net/ipv4/ip_local_port_range");
  std::istringstream in{text};
  unsigned low = 0;
  unsigned high = 0;
  if (!(in >> low >> high) || high < low) {
    check.grade = Grade::warn;
    check.found = "cannot be told";
    return check;
  }
  check.found = fmt::format("{} to {}: {} to each address of a device", low, high, high - low + 1);
  if (high - low < 10'000) {
    check.grade = Grade::warn;
    check.advice = "few: sysctl -w net.ipv4.ip_local_port_range='32768 60999'";
  }
  for (const auto& listen : {plan.http, plan.rtsp}) {
    const auto colon = listen.rfind(':');
    const auto port =
        colon == listen.npos ? std::nullopt : parse_int<unsigned>(std::string_view{listen}.substr(colon + 1));
    if (!port || *port < low || *port > high) continue;
    check.grade = Grade::warn;
    check.advice = fmt::format(
        "{} lies among them, so that an outgoing connection may hold it when the gateway "
        "starts: sysctl -w net.ipv4.ip_local_reserved_ports={}",
        *port, *port);
  }
  return check;
}

Check clock(const Machine& machine) {
  constexpr std::int64_t kLongAgo = 1'767'225'600;   // 2026-01-01: this program is younger
  constexpr std::int64_t kFarAhead = 4'102'444'800;  // 2100-01-01
  Check check{"clock", Grade::ok, {}, {}};
  const auto seconds = static_cast<std::time_t>(machine.now_unix);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  check.found = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                            parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (machine.now_unix < kLongAgo || machine.now_unix > kFarAhead) {
    check.grade = Grade::fail;
    check.advice =
        "this cannot be: tokens, certificates and cameras that log in by time will fail; set it (chrony)";
  } else if (!machine.clock_synchronised) {
    check.found += "; whether it is synchronised cannot be told";
  } else if (!*machine.clock_synchronised) {
    check.grade = Grade::warn;
    check.found += "; not synchronised";
    check.advice =
        "the times of events and the clocks of cameras are compared with it: run chrony or systemd-timesyncd "
        "(in a container it is the host's business)";
  } else {
    check.found += "; synchronised";
  }
  return check;
}

}  // namespace camfleet::cli::doctor
