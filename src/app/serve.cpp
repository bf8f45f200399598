#include "app/serve.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/gateway.h"
#include "app/systemd.h"
#include "base/log.h"
#include "base/version.h"
#include "telemetry/json_log.h"

namespace camfleet::app {
namespace {

using namespace std::chrono_literals;
constexpr auto kTick = 1s;
constexpr auto kStopLimit = 9'500ms;    // then the process ends, whatever still hangs
constexpr auto kAnswerLimit = 2'000ms;  // for the loops, before systemd is told that we live

// Every thread inherits this mask, so that the main thread alone hears of them.
sigset_t block_signals() {
  sigset_t ours;
  ::sigemptyset(&ours);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&ours, signal);
  ::pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error of write, not the end
  return ours;
}

// The next signal; 0 when `limit` passed without one.
int next_signal(const sigset_t& signals, std::chrono::nanoseconds limit) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timespec wait{whole.count(), (limit - whole).count()};
  return std::max(0, ::sigtimedwait(&signals, nullptr, &wait));
}

// Ends the process when stopping takes too long, or is asked for a second time. SQLite takes that as it takes
// a power cut.
class StopLimit {
 public:
  explicit StopLimit(const sigset_t& signals) : thread_([this, signals] { watch(signals); }) {}
  StopLimit(const StopLimit&) = delete;
  StopLimit& operator=(const StopLimit&) = delete;
  ~StopLimit() {
    over_ = true;
    thread_.join();
  }

 private:
  void watch(const sigset_t& signals) {
    const auto until = std::chrono::steady_clock::now() + kStopLimit;
    while (!over_) {
      const int signal = next_signal(signals, 20ms);
      if (signal == SIGINT || signal == SIGTERM) {
        log::warn("gateway.stop_forced", {{"why", "second signal"}});
        ::_exit(128 + signal);
      }
      if (std::chrono::steady_clock::now() > until) {
        log::error("gateway.stop_forced", {{"why", "something does not end"}});
        ::_exit(1);
      }
    }
  }

  std::atomic<bool> over_{false};
  std::thread thread_;
};

void show_demo(const Gateway& gateway, unsigned devices) {
  std::printf("\n  camfleet %s with %u simulated cameras\n\n  console  %s\n  stop     Ctrl-C\n\n", kVersion,
              devices, gateway.login_link().c_str());
  std::fflush(stdout);
}

// Until a signal asks for the end, which is returned.
int run(Gateway& gateway, const Settings& settings, const Reread& reread, const sigset_t& signals) {
  Reloader reloader{settings, reread, [&gateway](const Settings& next, const std::vector<std::string>& keys) {
                      return gateway.apply(next, keys);
                    }};
  const auto watchdog = systemd_watchdog();
  const std::chrono::nanoseconds tick = watchdog > 0us
                                            ? std::min<std::chrono::nanoseconds>(kTick, watchdog / 3)
                                            : std::chrono::nanoseconds{kTick};
  for (;;) {
    const int signal = next_signal(signals, tick);
    if (signal == SIGINT || signal == SIGTERM) return signal;
    if (signal == SIGHUP) {
      tell_systemd_reloading();
      reloader.reload();
      tell_systemd("READY=1");
    } else {
      gateway.look();
    }
    if (watchdog > 0us && gateway.answers(kAnswerLimit)) tell_systemd("WATCHDOG=1");
  }
}

}  // namespace

int serve(const Settings& settings, const Reread& reread) {
  ::umask(077);  // what we write holds secrets, whatever directory it is in
  const auto signals = block_signals();
  telemetry::JsonLog sink;
  log::set_level(telemetry::parse_level(settings.log_level));
  log::set_sink(&sink);

  int code = 0;
  if (auto gateway = Gateway::start(settings); !gateway) {
    log::error("gateway.refused", {{"code", name(gateway.error().code)},
                                   {"reason", info(gateway.error().code).en},
                                   {"detail", gateway.error().place}});
    code = 1;
  } else {
    log::info("gateway.ready", {{"version", kVersion},
                                {"http", (*gateway)->http()},
                                {"rtsp", (*gateway)->rtsp()},
                                {"tls", settings.tls()}});
    if (settings.demo > 0) show_demo(**gateway, settings.demo);
    tell_systemd("READY=1");
    const int signal = run(**gateway, settings, reread, signals);
    tell_systemd("STOPPING=1");
    log::info("gateway.stopping", {{"signal", signal}});
    const auto began = std::chrono::steady_clock::now();
    const StopLimit limit{signals};
    (*gateway)->stop();
    gateway->reset();
    const auto took = std::chrono::steady_clock::now() - began;
    log::info("gateway.stopped",
              {{"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  }
  log::set_sink(nullptr);
  return code;
}

}  // namespace camfleet::app
