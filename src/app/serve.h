#pragma once
#include "app/reload.h"
#include "app/settings.h"

namespace camfleet::app {

// `camfleet serve`: runs the gateway until SIGINT or SIGTERM; SIGHUP reads the settings again. Returns the
// exit code: 0 after a graceful stop, 1 where it could not start (the reason is the last line on standard
// error). Stopping takes 10 s at most: where something hangs the process ends with 1, and with 128 + the
// signal where it is asked for a second time.
int serve(const Settings& settings, const Reread& reread);

}  // namespace camfleet::app
