#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/settings.h"

namespace camfleet::app {

// File, environment and options once more, read and checked by the code that read them at the start.
using Reread = std::function<Result<Settings>()>;
// Gateway::apply.
using Apply = std::function<Result<void>(const Settings& next, const std::vector<std::string>& keys)>;

// The keys that were given differently, in the order of the table.
struct SettingsChange {
  std::vector<std::string> live;     // take effect at once
  std::vector<std::string> restart;  // need another start
};
SettingsChange compare(const Settings& now, const Settings& next);

// Reloads the configuration on SIGHUP: all of it or nothing. Whatever is wrong with it, the settings in use
// stay, and one log line (config.reload_refused) says what and where. Used by the main thread.
// camfleet_config_reloads_total{result}.
class Reloader {
 public:
  // `settings` are those that the gateway was started with.
  Reloader(Settings settings, Reread reread, Apply apply);
  void reload();

 private:
  Result<SettingsChange> try_reload();

  Settings settings_;  // in effect; of what needs a restart, the values of the start
  Reread reread_;
  Apply apply_;
};

}  // namespace camfleet::app
