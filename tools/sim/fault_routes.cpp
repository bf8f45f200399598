#include "sim/fault_routes.h"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "sim/control_reply.h"
#include "sim/selection.h"
#include "sim/simulator.h"

namespace camfleet::sim {
namespace {

namespace json = boost::json;

constexpr double kMostSeconds = 30 * 86'400;

Result<std::vector<std::uint32_t>> devices_of(Simulator& simulator, const json::value& wanted) {
  if (wanted.is_array()) {
    std::vector<std::uint32_t> out;
    for (const auto& one : wanted.get_array()) {
      if (!one.is_int64() || simulator.device(static_cast<std::uint64_t>(one.get_int64())) == nullptr)
        return fail(Code::config_invalid, "devices: no such device");
      out.push_back(static_cast<std::uint32_t>(one.get_int64()));
    }
    std::ranges::sort(out);
    const auto again = std::ranges::unique(out);
    out.erase(again.begin(), again.end());
    if (out.empty()) return fail(Code::config_invalid, "devices: none");
    return out;
  }
  std::vector<const Identity*> fleet;
  fleet.reserve(simulator.devices());
  for (std::size_t i = 0; i < simulator.devices(); ++i) fleet.push_back(&simulator.device(i)->identity());
  if (wanted.is_int64()) return select_devices(std::to_string(wanted.get_int64()), fleet);
  if (!wanted.is_string())
    return fail(Code::config_invalid, "devices: wants a text, a number or a list of numbers");
  return select_devices(wanted.get_string(), fleet);
}

// The fault's parameter out of the body.
Result<double> amount_of(const FaultKind& kind, const json::object& body) {
  const auto* given = kind.parameter.empty() ? nullptr : body.if_contains(kind.parameter);
  if (given == nullptr) return kind.usual;
  if (!kind.words.empty()) {
    const auto text = given->is_string() ? std::string{given->get_string()} : json::serialize(*given);
    const auto found = std::ranges::find(kind.words, text);
    if (found == kind.words.end())
      return fail(Code::config_invalid,
                  fmt::format("{}: wants {}", kind.parameter, fmt::join(kind.words, ", ")));
    return static_cast<double>(found - kind.words.begin());
  }
  json::error_code error;
  const auto amount = given->to_number<double>(error);
  if (error || !(amount >= kind.least && amount <= kind.most))
    return fail(Code::config_invalid,
                fmt::format("{}: wants {} to {}", kind.parameter, kind.least, kind.most));
  return amount;
}

net::HttpResponse post(Simulator& simulator, const std::string& text) {
  json::error_code error;
  const auto parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return refuse(400, "the body is no JSON object");
  const auto& body = parsed.get_object();
  const auto* name = body.if_contains("fault");
  const auto* kind = name != nullptr && name->is_string() ? find_fault(name->get_string()) : nullptr;
  if (kind == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& one : fault_kinds()) names.push_back(one.name);
    return refuse(400, fmt::format("fault: wants one of {}", fmt::join(names, ", ")));
  }
  for (const auto& [key, value] : body)
    if (key != "fault" && key != "devices" && key != "for_s" &&
        (kind->parameter.empty() || key != kind->parameter))
      return refuse(400, fmt::format("{}: {} has no such parameter", std::string_view{key}, kind->name));
  const auto amount = amount_of(*kind, body);
  if (!amount) return refuse(400, amount.error().place);
  const auto* wanted = body.if_contains("devices");
  auto devices = devices_of(simulator, wanted != nullptr ? *wanted : json::value("all"));
  if (!devices) return refuse(400, devices.error().place);
  if (kind->fault == Fault::codec_change && *amount != static_cast<int>(CodecChange::size) &&
      !simulator.clips().has_h265())
    return refuse(409, "no H.265 clips in the folder of clips");

  FaultBoard::Order order{kind->fault, *amount, std::move(*devices)};
  const auto* lasts = body.if_contains("for_s");
  if (lasts == nullptr && kind->fault == Fault::reboot)
    order.until = simulator.clock().steady() + std::chrono::seconds{10};
  if (lasts != nullptr) {
    const auto seconds = lasts->to_number<double>(error);
    if (error || !(seconds > 0 && seconds <= kMostSeconds) || !kind->lasts)
      return refuse(400, kind->lasts ? "for_s: wants seconds" : "for_s: this one is done once");
    order.until =
        simulator.clock().steady() + std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
  }
  const auto count = order.devices.size();
  simulator.faults().set(std::move(order));
  return answer(202, {{"devices", count}});
}

net::HttpResponse remove(const net::HttpExchange& exchange, Simulator& simulator) {
  std::uint32_t faults = ~std::uint32_t{0};
  if (const auto name = exchange.query_value("fault")) {
    const auto* kind = find_fault(*name);
    if (kind == nullptr) return refuse(400, "fault: there is none of this name");
    faults = std::uint32_t{1} << static_cast<unsigned>(kind->fault);
  }
  const auto devices = devices_of(simulator, json::value(exchange.query_value("devices").value_or("all")));
  if (!devices) return refuse(400, devices.error().place);
  return answer(202, {{"devices", simulator.faults().clear(faults, *devices)}});
}

json::value parameters_of(const FaultBoard::Order& order) {
  const auto& kind = kind_of(order.fault);
  if (kind.parameter.empty()) return json::object{};
  if (!kind.words.empty())
    return json::object{{kind.parameter, kind.words[static_cast<std::size_t>(order.amount)]}};
  return json::object{{kind.parameter, order.amount}};
}

net::HttpResponse list(Simulator& simulator) {
  json::array items;
  for (const auto& order : simulator.faults().active()) {
    std::uint64_t bitten = 0;
    for (const auto index : order.devices) bitten += simulator.device(index)->faults().bitten(order.fault);
    json::value left;
    if (order.until != kNever)
      left = std::max(0.0, std::chrono::duration<double>(order.until - simulator.clock().steady()).count());
    items.push_back({{"fault", kind_of(order.fault).name},
                     {"devices", to_ranges(order.devices)},
                     {"count", order.devices.size()},
                     {"parameters", parameters_of(order)},
                     {"left_s", std::move(left)},
                     {"bitten", bitten}});
  }
  json::object totals;
  for (const auto& kind : fault_kinds()) {
    std::uint64_t bitten = 0;
    for (std::size_t i = 0; i < simulator.devices(); ++i)
      bitten += simulator.device(i)->faults().bitten(kind.fault);
    totals.emplace(kind.name, bitten);
  }
  return answer(200, {{"items", std::move(items)}, {"bitten", std::move(totals)}});
}

}  // namespace

net::HttpResponse answer_faults(const net::HttpExchange& exchange, Simulator& simulator) {
  const auto& method = exchange.request().method;
  if (method == "GET") return list(simulator);
  if (method == "POST") return post(simulator, exchange.request().body);
  if (method == "DELETE") return remove(exchange, simulator);
  return refuse(405, "GET, POST or DELETE");
}

}  // namespace camfleet::sim
