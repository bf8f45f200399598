#include "sim/control.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/version.h"
#include "proto/isapi/time.h"
#include "sim/control_reply.h"
#include "sim/fault_routes.h"
#include "sim/simulator.h"

namespace camfleet::sim {
namespace {

namespace json = boost::json;

json::object counters_of(const Counters& counters) {
  json::object out;
  for_each_counter(counters, [&](std::string_view name, const Counters::Count& count) {
    out.emplace(name, count.load(std::memory_order_relaxed));
  });
  return out;
}

json::object stats_of(const Device& device) {
  json::object out{{"index", device.identity().index},
                   {"id", device.identity().id},
                   {"address", device.address()},
                   {"model", device.identity().model},
                   {"serial", device.identity().serial},
                   {"channels", device.identity().channels},
                   {"on", device.is_on()}};
  for (auto& [name, value] : counters_of(device.counters())) out.emplace(name, value);
  json::object faults;
  for (const auto& kind : fault_kinds())
    if (const auto bitten = device.faults().bitten(kind.fault)) faults.emplace(kind.name, bitten);
  out.emplace("faults", std::move(faults));
  return out;
}

net::HttpResponse stats(Simulator& simulator, bool each) {
  json::object totals;
  json::array devices;
  std::uint64_t off = 0;
  for (std::size_t i = 0; i < simulator.devices(); ++i) {
    const Device& device = *simulator.device(i);
    off += device.is_on() ? 0 : 1;
    for_each_counter(device.counters(), [&](std::string_view name, const Counters::Count& count) {
      auto& sum = totals[name];
      sum = (sum.is_uint64() ? sum.get_uint64() : 0) + count.load(std::memory_order_relaxed);
    });
    if (each) devices.push_back(stats_of(device));
  }
  const auto up = std::chrono::duration<double>(simulator.clock().steady() - simulator.started());
  json::object out{{"devices", simulator.devices()},
                   {"off", off},
                   {"strangers", simulator.strangers()},
                   {"uptime_s", up.count()},
                   {"totals", std::move(totals)}};
  if (each) out.emplace("by_device", std::move(devices));
  return answer(200, out);
}

// What can be done to a device, on its loop. False: the body is not what is wanted.
using Body = json::object;
bool raise_alarm(Simulator& simulator, Device& device, const Body& body) {
  Alarm alarm;
  if (const auto* type = body.if_contains("type")) {
    if (!type->is_string() || type->get_string().empty() || type->get_string().size() > 64) return false;
    for (const char c : type->get_string())
      if (c < '!' || c > '~' || c == '<' || c == '&') return false;
    alarm.type = type->get_string();
  }
  const auto number = [&](const char* name, auto& out, std::int64_t most) {
    const auto* value = body.if_contains(name);
    if (value == nullptr) return true;
    if (!value->is_int64() || value->get_int64() < 1 || value->get_int64() > most) return false;
    out = static_cast<std::remove_reference_t<decltype(out)>>(value->get_int64());
    return true;
  };
  if (!number("channel", alarm.channel, device.identity().channels)) return false;
  if (!number("seconds", alarm.seconds, kMaxAlarmSeconds)) return false;
  auto& shard = simulator.shard_of(device);
  shard.loop.post([&shard, &device, alarm = std::move(alarm)]() mutable {
    shard.alarms.raise(device, std::move(alarm));
  });
  return true;
}

bool change_password(Simulator& simulator, Device& device, const Body& body) {
  const auto* password = body.if_contains("password");
  if (password == nullptr || !password->is_string() || password->get_string().size() > 64) return false;
  simulator.shard_of(device).loop.post([&device, text = std::string{password->get_string()}]() mutable {
    device.account().set_password(std::move(text));
  });
  return true;
}

bool unlock(Simulator& simulator, Device& device, const Body&) {
  simulator.shard_of(device).loop.post([&device] { device.account().unlock(); });
  return true;
}

bool switch_power(Simulator& simulator, Device& device, const Body& body) {
  const auto* on = body.if_contains("on");
  if (on == nullptr || !on->is_bool()) return false;
  simulator.shard_of(device).loop.post(
      [&device, on = on->get_bool(), turn = device.power_turn()] { device.power(on, turn); });
  return true;
}

struct Deed {
  std::string_view name;
  bool (*perform)(Simulator&, Device&, const Body&);
  std::string_view wants;
};
constexpr std::array kDeeds{
    Deed{"alarm", raise_alarm, R"(wants {"type":TEXT,"channel":N,"seconds":1..3600}, all optional)"},
    Deed{"password", change_password, R"(wants {"password":TEXT})"},
    Deed{"unlock", unlock, "wants {}"},
    Deed{"power", switch_power, R"(wants {"on":true|false})"},
};

net::HttpResponse perform(Simulator& simulator, std::string_view rest, const std::string& text) {
  const auto who = take_until(rest, '/');
  json::error_code error;
  auto body = text.empty() ? json::value(json::object{}) : json::parse(text, error);
  if (error || !body.is_object()) return refuse(400, "the body is no JSON object");
  for (const Deed& deed : kDeeds) {
    if (deed.name != rest) continue;
    if (who == "all") {
      for (std::size_t i = 0; i < simulator.devices(); ++i)
        if (!deed.perform(simulator, *simulator.device(i), body.get_object())) return refuse(400, deed.wants);
      return answer(202, {{"devices", simulator.devices()}});
    }
    Device* const device = simulator.device(parse_int<std::uint64_t>(who).value_or(UINT64_MAX));
    if (device == nullptr) return refuse(404, "no such device");
    if (!deed.perform(simulator, *device, body.get_object())) return refuse(400, deed.wants);
    return answer(202, {{"devices", 1}});
  }
  return refuse(404, "nothing at this address");
}

// ?since=SERIAL, ?limit=N, ?device=I
net::HttpResponse alarms(const net::HttpExchange& exchange, Simulator& simulator) {
  constexpr std::size_t kMost = 10'000;
  const auto number = [&](std::string_view name, std::uint64_t otherwise) {
    const auto text = exchange.query_value(name);
    return text ? parse_int<std::uint64_t>(*text) : std::optional{otherwise};
  };
  const auto since = number("since", 0);
  const auto limit = number("limit", 1000);
  const auto device = number("device", UINT64_MAX);
  if (!since || !limit || !device) return refuse(400, "since, limit and device want numbers");
  if (*device != UINT64_MAX && simulator.device(*device) == nullptr) return refuse(404, "no such device");
  const auto page =
      simulator.alarm_log().after(*since, std::min<std::size_t>(*limit, kMost),
                                  *device == UINT64_MAX ? -1 : static_cast<std::int64_t>(*device));
  json::array items;
  for (const auto& alarm : page.alarms)
    items.push_back({{"serial", alarm->serial},
                     {"device", alarm->device},
                     {"number", alarm->number},
                     {"type", alarm->type},
                     {"channel", alarm->channel},
                     {"began", isapi::format_time(alarm->began, std::chrono::hours{8})},
                     {"began_us", alarm->began.time_since_epoch().count()},
                     {"ended", alarm->ended.load()},
                     {"heard", alarm->heard},
                     {"sent", alarm->sent.load()},
                     {"lost", alarm->lost.load()}});
  return answer(200, {{"items", std::move(items)}, {"last", page.last}, {"dropped", page.dropped}});
}

net::HttpResponse route(net::HttpExchange& exchange, Simulator& simulator) {
  const auto& method = exchange.request().method;
  std::string_view path = exchange.path();
  if (path.starts_with("/devices/")) {
    if (method != "POST") return refuse(405, "POST only");
    return perform(simulator, path.substr(9), exchange.request().body);
  }
  if (path == "/faults") return answer_faults(exchange, simulator);
  if (method != "GET") return refuse(405, "GET only");
  if (path == "/alarms") return alarms(exchange, simulator);
  if (path == "/healthz") return answer(200, {{"status", "ok"}, {"version", kVersion}});
  if (path == "/stats") return stats(simulator, exchange.query_value("devices") == "1");
  if (path.starts_with("/stats/")) {
    const Device* const device =
        simulator.device(parse_int<std::uint64_t>(path.substr(7)).value_or(UINT64_MAX));
    return device == nullptr ? refuse(404, "no such device") : answer(200, stats_of(*device));
  }
  return refuse(404, "nothing at this address");
}

}  // namespace

net::Task<> answer_control(net::HttpExchange& exchange, Simulator& simulator) {
  const auto response = route(exchange, simulator);
  co_await exchange.respond(response);
}

}  // namespace camfleet::sim
