#include "app/reload.h"

#include <algorithm>
#include <string_view>

#include "base/log.h"
#include "base/metrics.h"

namespace camfleet::app {
namespace {

bool is_live(std::string_view key) {
  return key == "log.level" || key == "allow_devices" || key == "allow_sinks" || key == "sinks" ||
         key.starts_with("hub.") || key.starts_with("tls.");
}

bool same(const Settings& a, const Settings& b, std::string_view key) {
  const auto in_a = a.given.find(key);
  const auto in_b = b.given.find(key);
  if (in_a == a.given.end() || in_b == b.given.end()) return in_a == a.given.end() && in_b == b.given.end();
  return in_a->second.values == in_b->second.values;
}

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text;
}

metrics::Counter& reloads(bool applied) {
  static constexpr auto kHelp = "Reloads of the configuration, by result.";
  static auto& good = metrics::counter("camfleet_config_reloads_total", kHelp, {{"result", "applied"}});
  static auto& bad = metrics::counter("camfleet_config_reloads_total", kHelp, {{"result", "refused"}});
  return applied ? good : bad;
}

}  // namespace

SettingsChange compare(const Settings& now, const Settings& next) {
  // To speak TLS at all, or no longer, changes what the ports are.
  const bool tls_appears = now.tls() != next.tls();
  SettingsChange change;
  for (const auto& row : settings_table()) {
    const std::string_view key{row.key};
    if (same(now, next, key)) continue;
    const bool live = is_live(key) && !(tls_appears && key.starts_with("tls."));
    (live ? change.live : change.restart).emplace_back(key);
  }
  return change;
}

Reloader::Reloader(Settings settings, Reread reread, Apply apply)
    : settings_(std::move(settings)), reread_(std::move(reread)), apply_(std::move(apply)) {
  reloads(true);
  reloads(false);
}

void Reloader::reload() {
  const auto done = try_reload();
  reloads(done.has_value()).add();
  if (!done) {
    log::error("config.reload_refused", {{"code", name(done.error().code)},
                                         {"reason", info(done.error().code).en},
                                         {"detail", done.error().place}});
    return;
  }
  log::info("config.reloaded", {{"applied", joined(done->live)}, {"needs_restart", joined(done->restart)}});
}

Result<SettingsChange> Reloader::try_reload() {
  auto next = reread_();
  if (!next) return fail(next.error());
  auto change = compare(settings_, *next);
  if (auto applied = apply_(*next, change.live); !applied) return fail(applied.error());
  for (const auto& key : change.restart) {
    const auto was = settings_.given.find(key);
    if (was == settings_.given.end())
      next->given.erase(key);
    else
      next->given[key] = was->second;
  }
  if (settings_.tls() != next->tls()) {
    next->tls_cert = settings_.tls_cert;
    next->tls_key = settings_.tls_key;
  }
  settings_ = std::move(*next);
  return change;
}

}  // namespace camfleet::app
