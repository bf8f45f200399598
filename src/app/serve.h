#pragma once
#include "app/settings.h"

namespace camfleet::app {

// `camfleet serve`: runs the gateway until SIGINT or SIGTERM. Returns the exit code: 0 after a graceful stop,
// 1 where it could not start (the reason is the last line on standard error).
int serve(const Settings& settings);

}  // namespace camfleet::app
