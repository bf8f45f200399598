#include "app/serve.h"

#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>

#include "app/gateway.h"
#include "base/log.h"
#include "base/version.h"
#include "telemetry/json_log.h"

namespace camfleet::app {
namespace {

// Every thread inherits this mask, so that the main thread alone hears of them, in sigwait.
sigset_t block_signals() {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGINT);
  ::sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a full disk is an error of write, not the end
  return ends;
}

}  // namespace

int serve(const Settings& settings) {
  ::umask(077);  // what we write holds secrets, whatever directory it is in
  const auto ends = block_signals();
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
    log::info("gateway.ready",
              {{"version", kVersion}, {"http", (*gateway)->http()}, {"rtsp", (*gateway)->rtsp()}});
    if (settings.demo > 0) {
      std::printf("\n  camfleet %s with %u simulated cameras\n\n  console  %s\n  stop     Ctrl-C\n\n",
                  kVersion, settings.demo, (*gateway)->login_link().c_str());
      std::fflush(stdout);
    }
    int signal = 0;
    ::sigwait(&ends, &signal);
    log::info("gateway.stopping", {{"signal", signal}});
    (*gateway)->stop();
    log::info("gateway.stopped");
  }
  log::set_sink(nullptr);
  return code;
}

}  // namespace camfleet::app
