// camfleet-sim: options to a Simulator, and until a signal nothing else.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "base/version.h"
#include "sim/clips.h"
#include "sim/fleet_csv.h"
#include "sim/simulator.h"

namespace {

using namespace camfleet;
using namespace camfleet::sim;

struct Options {
  Settings settings;
  std::string address = "127.1.0.1";
  std::string export_to;
  bool export_only = false;
  bool exit_with_parent = false;
};

// Beside the programs of a build: bin/camfleet-sim and clips/.
std::string default_clips() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "clips" : (self.parent_path().parent_path() / "clips").string();
}

void declare(CLI::App& app, Options& options) {
  auto& settings = options.settings;
  auto& fleet = settings.population;
  app.set_version_flag("--version", std::string{"camfleet-sim "} + kVersion);
  app.add_option("--devices", fleet.devices, "How many devices")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  app.add_option("--address", options.address,
                 "Of the first device; the others count up, last octet 1 to 254")
      ->capture_default_str();
  app.add_option("--http-port", settings.http_port, "ISAPI port of every device; 0: a free one")
      ->capture_default_str();
  app.add_option("--rtsp-port", settings.rtsp_port, "RTSP port of every device; 0: a free one")
      ->capture_default_str();
  app.add_option("--control", settings.control, "ADDRESS:PORT of the control API; port 0: a free one")
      ->capture_default_str();
  app.add_option("--seed", fleet.seed, "Same seed, same fleet")->capture_default_str();
  app.add_option("--export", options.export_to, "Write the fleet, passwords with it, as CSV for import");
  app.add_flag("--export-only", options.export_only, "Write the CSV (to stdout without --export) and end");
  app.add_option("--clips", settings.clips, "Folder of the clips")->capture_default_str();
  app.add_option("--loops", settings.loops, "Threads; 0: one for each core, at most 4")
      ->check(CLI::Range(0U, 64U))
      ->capture_default_str();
  app.add_flag("--discovery", settings.discovery,
               "Answer WS-Discovery and SADP (UDP 3702 and 37020, loopback)");
  app.add_option("--discovery-others", settings.discovery_others,
                 "Devices that discovery alone knows: other brands, and some that are not activated")
      ->check(CLI::Range(0U, 100'000U))
      ->capture_default_str();
  app.add_flag("--exit-with-parent", options.exit_with_parent,
               "End when the process that started this one ends");

  const auto who = "Fleet";
  app.add_option("--nvr-every", fleet.nvr_every, "One device in so many is a recorder; 0: none")
      ->group(who)
      ->capture_default_str();
  app.add_option("--nvr-channels", fleet.nvr_channels, "Channels of a recorder")
      ->check(CLI::Range(1, 256))
      ->group(who)
      ->capture_default_str();
  app.add_option("--password", fleet.password, "Of every device, instead of one for each")->group(who);
  app.add_option("--algorithms", fleet.algorithms,
                 "Digest of all devices: mixed (by the seed), md5, sha256, both")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, AlgorithmChoice>{{"mixed", AlgorithmChoice::mixed},
                                                                         {"md5", AlgorithmChoice::md5},
                                                                         {"sha256", AlgorithmChoice::sha256},
                                                                         {"both", AlgorithmChoice::both}}))
      ->group(who)
      ->default_str("mixed");

  app.add_option("--h265-every", fleet.h265_every, "One device in so many codes in H.265; 0: none")
      ->group(who)
      ->capture_default_str();
  app.add_option("--audio", fleet.audio, "Sound of all devices: none, pcmu, pcma, aac, mixed (by the index)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, AudioChoice>{{"none", AudioChoice::none},
                                                                             {"pcmu", AudioChoice::pcmu},
                                                                             {"pcma", AudioChoice::pcma},
                                                                             {"aac", AudioChoice::aac},
                                                                             {"mixed", AudioChoice::mixed}}))
      ->group(who)
      ->default_str("none");

  const auto how = "Behaviour";
  const auto seconds = [&](const std::string& name, std::chrono::seconds& value, const std::string& text) {
    app.add_option_function<unsigned>(
           name, [&value](unsigned n) { value = std::chrono::seconds{n}; }, text)
        ->default_str(std::to_string(value.count()))
        ->group(how);
  };
  seconds("--nonce-life", settings.nonce_life, "Seconds that a digest nonce is good for");
  app.add_option("--lock-after", settings.lock_after,
                 "Wrong passwords in a row that lock the account; 0: never")
      ->group(how)
      ->capture_default_str();
  seconds("--lock-seconds", settings.lock_time, "How long a lock lasts");
  app.add_option_function<double>(
         "--heartbeat",
         [&settings](double s) {
           settings.heartbeat = std::chrono::milliseconds{static_cast<std::int64_t>(s * 1000)};
         },
         "Seconds between heartbeats of an alert stream; 0: none")
      ->check(CLI::Range(0.0, 86'400.0))
      ->default_str("10")
      ->group(how);
  app.add_option("--alarms-per-minute", settings.alarms_per_minute,
                 "Alarms that a device raises by itself, on average")
      ->check(CLI::Range(0.0, 600.0))
      ->group(how)
      ->capture_default_str();
  app.add_option("--alarm-seconds", settings.alarm_seconds, "How long such an alarm lasts at most")
      ->check(CLI::Range(1, 6))
      ->group(how)
      ->capture_default_str();
  app.add_option("--max-sessions", settings.max_sessions, "RTSP sessions that a device takes; past it 453")
      ->group(how)
      ->capture_default_str();
  app.add_option("--max-alarm-streams", settings.max_alarm_streams,
                 "Alert streams that a device takes; past it 503")
      ->group(how)
      ->capture_default_str();
  seconds("--session-timeout", settings.session_timeout,
          "Seconds without a request or a picture taken that end a session");
  app.add_option(
         "--udp", settings.udp,
         "RTP over UDP: on, off (461), silent (granted, no packet comes), small (none over 1,000 bytes)")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, Settings::Udp>{{"on", Settings::Udp::on},
                                                                       {"off", Settings::Udp::off},
                                                                       {"silent", Settings::Udp::silent},
                                                                       {"small", Settings::Udp::small}}))
      ->group(how)
      ->default_str("on");
}

int complain(const Error& error) {
  fmt::print(stderr, "camfleet-sim: {}\n", error.text());
  return 1;
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  return bool{file.flush()};
}

// Thousands of connections need descriptors; what is allowed is taken.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int export_only(const Options& options) {
  const auto& settings = options.settings;
  const AddressPlan plan{settings.first_address, settings.population.devices};
  if (!plan.valid()) return complain({Code::config_invalid, "address: all devices must fit into 127/8"});
  const auto csv = fleet_csv(settings.population, plan, settings.http_port, settings.rtsp_port);
  if (options.export_to.empty()) {
    std::cout << csv;
    return 0;
  }
  return write_file(options.export_to, csv)
             ? 0
             : complain({Code::config_invalid, "cannot write " + options.export_to});
}

int run(const Options& options) {
  auto clips = Clips::load(options.settings.clips);
  if (!clips) return complain(clips.error());
  Simulator simulator{options.settings, std::move(*clips)};
  const auto ports = simulator.start();
  if (!ports) return complain(ports.error());
  if (!options.export_to.empty()) {
    const auto csv = fleet_csv(options.settings.population, simulator.plan(), ports->http, ports->rtsp);
    if (!write_file(options.export_to, csv))
      return complain({Code::config_invalid, "cannot write " + options.export_to});
  }
  fmt::print("{{\"http_port\":{},\"rtsp_port\":{},\"control_port\":{},\"devices\":{}}}\n", ports->http,
             ports->rtsp, ports->control, simulator.devices());
  std::fflush(stdout);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  int signal = 0;
  sigwait(&ends, &signal);
  simulator.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.settings.clips = default_clips();
  CLI::App app{"A fleet of simulated Hikvision devices on the loopback device. See docs/simulator.md.",
               "camfleet-sim"};
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  if (!parse_dotted(options.address, options.settings.first_address))
    return complain({Code::config_invalid, "address: wants an IPv4 address in 127/8"});
  if (options.export_only) return export_only(options);

  // Before any thread starts: they inherit it, and sigwait gets the signals.
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  signal(SIGPIPE, SIG_IGN);
  if (options.exit_with_parent) {
    const auto parent = ::getppid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) return 0;
  }
  raise_descriptor_limit();
  return run(options);
}
