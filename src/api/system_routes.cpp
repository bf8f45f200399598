#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"
#include "api/stream_metrics.h"
#include "base/version.h"
#include "telemetry/prometheus.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

net::Task<Result<>> answer_text(Call& call, const char* type, std::string body) {
  net::HttpResponse response;
  response.headers.set("Content-Type", type);
  response.body = std::move(body);
  add_common_headers(response, call.trace_id);
  co_return co_await call.exchange.respond(response);
}

net::Task<Result<>> health(Call& call) {
  auto body = json::serialize(json::object{{"status", "ok"}, {"version", kVersion}});
  co_return co_await answer_json(call, 200, std::move(body));
}

net::Task<Result<>> ready(const ApiParts& parts, Call& call) {
  if (const auto why = parts.ready ? parts.ready() : Code::ok; why != Code::ok) co_return fail(why);
  auto body = json::serialize(json::object{{"status", "ready"}});
  co_return co_await answer_json(call, 200, std::move(body));
}

net::Task<Result<>> device_metrics(const ApiParts& parts, Call& call) {
  std::vector<model::DeviceViewPtr> devices;
  fleet::DeviceQuery query;
  query.limit = 1000;
  for (;;) {
    auto page = call.fleet.list(query);
    if (!page) co_return fail(page.error());
    devices.insert(devices.end(), page->items.begin(), page->items.end());
    if (!page->next) break;
    query.cursor = *page->next;
  }
  auto text = telemetry::render_devices(devices, system_clock().wall());
  auto streams = parts.hubs.streams();
  std::erase_if(streams, [&](const auto& stream) {
    return !call.fleet.is_whole() && !call.fleet.has(stream.key.device);
  });
  text += render_streams(streams);
  co_return co_await answer_text(call, telemetry::kPrometheusType, std::move(text));
}

// One line for each reason that keeps devices from being simply online.
json::array summary_of(const fleet::FleetCounts& counts, Language language) {
  json::array out;
  for (const auto& line : counts.summary)
    out.push_back(json::object{{"state", to_text(line.state)},
                               {"reason", name(line.reason)},
                               {"text", sentence(line.reason, language)},
                               {"count", line.count}});
  return out;
}

// Who connects now, and how many may.
json::object admission_of(const fleet::Fleet& fleet) {
  const auto now = fleet.admission().numbers();
  return {{"connecting", now.connecting},
          {"waiting", now.waiting},
          {"limit", now.limit},
          {"most", now.most},
          {"suspect_credentials", now.suspects}};
}

json::object capacity_of(const fleet::Fleet& fleet) {
  return {{"devices", fleet.capacity().seats()}, {"waiting", fleet.capacity().waiting()}};
}

net::Task<Result<>> fleet_counts(const ApiParts& parts, Call& call) {
  const auto counts = call.fleet.counts();
  json::object states;
  for (int i = 0; i < model::kDeviceStates; ++i)
    states[to_text(static_cast<model::DeviceState>(i))] = counts.states[static_cast<std::size_t>(i)];
  std::size_t viewers = 0;
  std::size_t streams = 0;
  for (const auto& stream : parts.hubs.streams()) {
    if (!call.fleet.is_whole() && !call.fleet.has(stream.key.device)) continue;
    ++streams;
    viewers += stream.viewers;
  }
  json::object out{{"total", counts.total},
                   {"states", std::move(states)},
                   {"summary", summary_of(counts, call.language)},
                   {"channels", counts.channels},
                   {"streams", streams},
                   {"viewers", viewers}};
  if (call.fleet.is_whole()) {  // who sees a part learns nothing of the rest
    out["admission"] = admission_of(parts.fleet);
    out["capacity"] = capacity_of(parts.fleet);
  }
  auto body = json::serialize(out);
  co_return co_await answer_json(call, 200, std::move(body));
}

net::Task<Result<>> asset(const ApiParts& parts, Call& call) {
  auto response =
      serve_asset(parts.assets, call.exchange.path(), call.exchange.request().headers.get("If-None-Match"));
  if (response.status == 404) co_return fail(Code::api_not_found, call.exchange.path());
  add_common_headers(response, {});
  co_return co_await call.exchange.respond(response);
}

}  // namespace

void Api::add_system() {
  router_.add({"GET", "/healthz", "health", Access::open, [](Call& call) { return health(call); }});
  router_.add({"GET", "/readyz", "ready", Access::open, [this](Call& call) { return ready(parts_, call); }});
  router_.add({"GET", "/metrics", "metrics", Access::view, [](Call& call) {
                 return answer_text(call, telemetry::kPrometheusType, telemetry::render_all());
               }});
  router_.add({"GET", "/metrics/devices", "deviceMetrics", Access::view,
               [this](Call& call) { return device_metrics(parts_, call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/fleet", "fleet", Access::view,
               [this](Call& call) { return fleet_counts(parts_, call); }},
              Reach::devices);
  for (const char* pattern : {"/", "/index.html", "/favicon.svg", "/assets/{file}"})
    router_.add({"GET", pattern, "", Access::open, [this](Call& call) { return asset(parts_, call); }});
}

}  // namespace camfleet::api
