#include "app/sink_settings.h"

#include <boost/json/object.hpp>

#include "api/device_json.h"
#include "api/sink_json.h"
#include "base/secret.h"

namespace camfleet::app {

Result<model::SinkWish> declared_sink(const std::string& text) {
  auto body = api::object_from(text);
  if (!body) return fail(Code::config_invalid, "wants the members of a sink: id, kind and its settings");
  auto wish = api::sink_from_json(*body, true);
  api::wipe_settings(*body);
  if (!wish) return fail(Code::config_invalid, wish.error().place);
  if (wish->id.empty() || !wish->kind) return fail(Code::config_invalid, "a sink wants an id and a kind");
  // What is not said is not as it was before, but as if never said.
  wish->enabled = wish->enabled.value_or(true);
  if (!wish->filter) wish->filter.emplace();
  for (const auto& setting : model::settings_of(*wish->kind))
    if (!setting.secret) wish->settings.try_emplace(std::string(setting.name), std::nullopt);
  model::SinkSpec spec;
  spec.id = wish->id;
  spec.kind = *wish->kind;
  spec.filter = *wish->filter;
  for (const auto& [name, value] : wish->settings)
    if (value) spec.settings[name] = *value;
  auto good = model::check(spec);
  for (auto& [name, value] : spec.settings) wipe(value);
  if (!good) return fail(Code::config_invalid, good.error().place);
  return wish;
}

std::vector<model::SinkWish> declared_sinks(const Settings& settings) {
  std::vector<model::SinkWish> out;
  for (const auto& text : settings.sinks)
    if (auto wish = declared_sink(text)) out.push_back(std::move(*wish));
  return out;
}

Result<net::AddressGuard> sink_guard_of(const Settings& settings) {
  if (settings.allow_sinks.empty()) return net::AddressGuard::parse({"0.0.0.0/0", "::/0"});
  return net::AddressGuard::parse(settings.allow_sinks);
}

}  // namespace camfleet::app
