#include <algorithm>
#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"
#include "base/text.h"
#include "fleet/proposals.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

json::value text(std::string_view raw) { return json::string{clean_utf8(raw)}; }
template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object suggest_json(const model::DeviceSpec& spec) {
  return {{"id", spec.id.str()},      {"name", text(spec.name)},     {"driver", spec.drivers.front()},
          {"address", spec.address},  {"http_port", spec.http_port}, {"https_port", spec.https_port},
          {"sdk_port", spec.sdk_port}};
}

json::object to_json(const fleet::Proposal& proposal, Language language) {
  const auto& found = *proposal.found;
  json::array addresses;
  for (const auto& each : found.addresses)
    addresses.push_back(json::object{
        {"address", each.address}, {"port", each.port}, {"secure", each.secure}, {"allowed", each.allowed}});
  json::array types;
  for (const auto& type : found.types) types.push_back(text(type));
  json::object out{{"key", found.key},
                   {"via", found.wsd && found.sadp ? "both"
                           : found.wsd             ? "wsd"
                                                   : "sadp"},
                   {"address", found.address},
                   {"address_allowed", found.allowed},
                   {"address_shared", found.address_shared},
                   {"addresses", std::move(addresses)},
                   {"http_port", or_null(found.http_port)},
                   {"https_port", or_null(found.https_port)},
                   {"sdk_port", or_null(found.sdk_port)},
                   {"name", text(found.name)},
                   {"model", text(found.model)},
                   {"serial", text(found.serial)},
                   {"mac", found.mac},
                   {"firmware", text(found.firmware)},
                   {"location", text(found.location)},
                   {"hikvision", found.hikvision},
                   {"types", std::move(types)},
                   {"activated", or_null(found.activated)},
                   {"dhcp", or_null(found.dhcp)},
                   {"channels", or_null(found.channels)},
                   {"source", found.source},
                   {"interface", text(found.interface)},
                   {"first_seen", to_rfc3339(found.first_seen)},
                   {"last_seen", to_rfc3339(found.last_seen)},
                   {"sightings", found.sightings},
                   {"gone", found.gone}};
  out["known"] = proposal.known ? json::value(proposal.known->str()) : json::value(nullptr);
  out["moved_from"] = or_null(proposal.moved_from);
  const bool why = proposal.reason != Code::ok;
  out["reason"] = why ? json::value(name(proposal.reason)) : json::value(nullptr);
  out["reason_text"] = why ? json::value(sentence(proposal.reason, language)) : json::value(nullptr);
  out["suggest"] = proposal.suggest ? json::value(suggest_json(*proposal.suggest)) : json::value(nullptr);
  return out;
}

json::object to_json(const model::DiscoveryStatus& status, Language language) {
  json::array interfaces;
  for (const auto& each : status.interfaces) interfaces.push_back(text(each));
  json::object out{{"enabled", status.enabled},   {"interfaces", std::move(interfaces)},
                   {"received", status.received}, {"refused", status.refused},
                   {"lost", status.lost},         {"evicted", status.evicted}};
  out["last_probe"] = status.last_probe ? json::value(to_rfc3339(*status.last_probe)) : json::value(nullptr);
  const bool problem = static_cast<bool>(status.problem);
  out["problem"] = problem ? json::value(name(status.problem.code)) : json::value(nullptr);
  out["problem_text"] = problem ? json::value(sentence(status.problem.code, language)) : json::value(nullptr);
  return out;
}

struct Query {
  std::string cursor;
  std::size_t limit = 100;
  std::optional<bool> known;
  std::string via;
};

Result<Query> query_of(const Call& call) {
  Query query;
  query.cursor = call.exchange.query_value("cursor").value_or("");
  if (const auto limit = call.exchange.query_value("limit")) {
    const auto number = parse_int<std::size_t>(*limit);
    if (!number || *number < 1 || *number > 1000)
      return fail(Code::api_bad_request, "limit: wants 1 to 1000");
    query.limit = *number;
  }
  if (const auto known = call.exchange.query_value("known")) {
    if (*known != "true" && *known != "false")
      return fail(Code::api_bad_request, "known: wants true or false");
    query.known = *known == "true";
  }
  query.via = call.exchange.query_value("via").value_or("");
  if (!query.via.empty() && query.via != "wsd" && query.via != "sadp" && query.via != "both")
    return fail(Code::api_bad_request, "via: wants wsd, sadp or both");
  return query;
}

bool wanted(const model::Discovered& found, std::string_view via) {
  if (via == "wsd") return found.wsd;
  if (via == "sadp") return found.sadp;
  return via.empty() || (found.wsd && found.sadp);
}

// A device of the fleet that the caller's token does not reach: as if it was not heard.
bool is_hidden(const Call& call, const fleet::Proposal& proposal) {
  return proposal.known && !call.fleet.has(*proposal.known);
}

// By key, which is the cursor too.
net::Task<Result<>> list(const ApiParts& parts, Call& call) {
  const auto query = query_of(call);
  if (!query) co_return fail(query.error());
  json::array items;
  std::optional<std::string> next;
  json::value status = json::object{{"enabled", false}};
  if (parts.discovery != nullptr) {
    const fleet::FleetIndex index{parts.fleet};
    const auto all = parts.discovery->list();
    const auto key = [](const model::DiscoveredPtr& each) -> const std::string& { return each->key; };
    auto at = std::ranges::upper_bound(*all, query->cursor, {}, key);
    for (std::string last; at != all->end(); ++at) {
      if (!wanted(**at, query->via)) continue;
      const auto proposal = index.judge(*at);
      if (is_hidden(call, proposal)) continue;
      if (query->known && *query->known != proposal.known.has_value()) continue;
      if (items.size() == query->limit) {
        next = last;
        break;
      }
      last = (*at)->key;
      items.push_back(to_json(proposal, call.language));
    }
    status = to_json(parts.discovery->status(), call.language);
  }
  auto body = json::serialize(
      json::object{{"items", std::move(items)}, {"next", or_null(next)}, {"discovery", std::move(status)}});
  co_return co_await answer_json(call, 200, std::move(body));
}

net::Task<Result<>> show(const ApiParts& parts, Call& call) {
  if (parts.discovery == nullptr) co_return fail(Code::discovery_disabled);
  const auto all = parts.discovery->list();
  const auto found = std::ranges::find(
      *all, call.at("key"), [](const model::DiscoveredPtr& each) { return std::string_view{each->key}; });
  if (found == all->end()) co_return fail(Code::discovery_unknown, std::string{call.at("key")});
  const fleet::FleetIndex index{parts.fleet};
  const auto proposal = index.judge(*found);
  if (is_hidden(call, proposal)) co_return fail(Code::discovery_unknown, std::string{call.at("key")});
  auto body = json::serialize(to_json(proposal, call.language));
  co_return co_await answer_json(call, 200, std::move(body));
}

net::Task<Result<>> probe(const ApiParts& parts, Call& call) {
  if (parts.discovery == nullptr) co_return fail(Code::discovery_disabled);
  const auto asked = parts.discovery->probe();
  if (!asked) co_return fail(asked.error());
  net::HttpResponse response;
  response.status = 202;
  add_common_headers(response, call.trace_id);
  co_return co_await call.exchange.respond(response);
}

}  // namespace

void Api::add_discovery() {
  router_.add({"GET", "/api/v1/discovered", "listDiscovered", Access::operate,
               [this](Call& call) { return list(parts_, call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/discovered/{key}", "showDiscovered", Access::operate,
               [this](Call& call) { return show(parts_, call); }},
              Reach::devices);
  router_.add({"POST", "/api/v1/discovered/probe", "probeDiscovery", Access::operate,
               [this](Call& call) { return probe(parts_, call); }},
              Reach::devices);
}

}  // namespace camfleet::api
