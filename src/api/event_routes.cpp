// The ledger: events, their pictures, the account of them, and when devices were blind.
#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "api/alarm_names.h"
#include "api/api.h"
#include "api/event_json.h"
#include "api/problem.h"
#include "api/query.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

Result<std::optional<WallTime>> moment(Query& query, std::string_view name) {
  const auto text = query.one(name);
  if (!text) return fail(text.error());
  if (!*text) return std::optional<WallTime>{};
  const auto time = parse_moment(**text);
  if (!time)
    return fail(Code::api_bad_request,
                std::string{name} + ": wants a time with its zone, as 2026-11-28T16:00:00Z");
  return time;
}

// Which devices the caller may hear of; the whole fleet's caller of all, those that have left with them.
std::function<bool(const model::DeviceId&)> visible_to(const Call& call) {
  if (call.fleet.is_whole()) return {};
  // Asked of a thread of the reader's: a page has few devices, and an answer is good for it.
  return [view = call.fleet, known = std::map<std::string, bool>{}](const model::DeviceId& id) mutable {
    const auto found = known.find(id.str());
    if (found != known.end()) return found->second;
    return known[id.str()] = !id.empty() && view.has(id);
  };
}

Result<std::vector<model::DeviceId>> devices_of(const Call& call, Query& query) {
  std::vector<model::DeviceId> out;
  for (const auto& text : query.many("device")) {
    auto id = model::parse_device_id(text);
    if (!id) return fail(Code::api_bad_request, "device: no device can have this id");
    // One that left may be asked for by who sees all.
    if (!call.fleet.is_whole() && !call.fleet.has(*id)) return fail(Code::device_unknown, id->str());
    if (out.size() == 64) return fail(Code::api_bad_request, "device: at most 64");
    out.push_back(std::move(*id));
  }
  return out;
}

Result<model::EventQuery> read_query(const Call& call, Query& query) {
  model::EventQuery out;
  auto devices = devices_of(call, query);
  if (!devices) return fail(devices.error());
  out.devices = std::move(*devices);
  const auto from = moment(query, "from");
  if (!from) return fail(from.error());
  out.from = *from;
  const auto to = moment(query, "to");
  if (!to) return fail(to.error());
  out.to = *to;
  out.visible = visible_to(call);
  return out;
}

Result<model::EventQuery> read_list(const Call& call) {
  auto query = Query::read(call.exchange.query());
  if (!query) return fail(query.error());
  auto out = read_query(call, *query);
  if (!out) return out;
  const auto channel = query->number("channel", 0, 65'535, 65'536);
  if (!channel) return fail(channel.error());
  if (*channel < 65'536) out->channel = static_cast<std::uint16_t>(*channel);
  for (auto& type : query->many("type")) {
    if (out->types.size() == 64) return fail(Code::api_bad_request, "type: at most 64");
    out->types.push_back(to_lower(type));
  }
  for (const auto& text : query->many("state")) {
    const auto before = out->states.size();
    for (const auto state : {model::EventState::start, model::EventState::update, model::EventState::end,
                             model::EventState::pulse})
      if (text == model::to_text(state)) out->states.push_back(state);
    if (out->states.size() == before)
      return fail(Code::api_bad_request, "state: wants start, update, end or pulse");
  }
  const auto order = query->one("order");
  if (!order) return fail(order.error());
  if (*order && **order != "asc" && **order != "desc")
    return fail(Code::api_bad_request, "order: wants asc or desc");
  out->ascending = *order && **order == "asc";
  const auto limit = query->number("limit", 1, 1000, 100);
  if (!limit) return fail(limit.error());
  out->limit = *limit;
  const auto cursor = query->one("cursor");
  if (!cursor) return fail(cursor.error());
  if (*cursor) {
    const auto seq = parse_int<model::Seq>(**cursor);
    if (!seq || *seq > static_cast<model::Seq>(INT64_MAX))
      return fail(Code::api_bad_request, "cursor: not one of this list");
    out->after = seq;
  }
  if (const auto done = query->done(); !done) return fail(done.error());
  return out;
}

net::Task<Result<>> list_events(const ApiParts& parts, Call& call) {
  auto query = read_list(call);
  if (!query) co_return fail(query.error());
  auto listing = parts.events->list(std::move(*query));
  const auto page = co_await std::move(listing);
  if (!page) co_return fail(page.error());
  json::array items;
  items.reserve(page->items.size());
  for (const auto& entry : page->items) items.push_back(to_json(*entry, call.language));
  const json::object body{
      {"items", std::move(items)},
      {"next", page->next ? json::value(std::to_string(*page->next)) : json::value(nullptr)}};
  auto answering = answer_json(call, 200, json::serialize(body));
  co_return co_await std::move(answering);
}

// Text where it is one; else it is left out, and its size says that there is something.
json::object whole_json(const model::LedgerEntry& entry, Language language) {
  auto out = to_json(entry, language);
  out["payload"] = clean_utf8(entry.payload);
  out["payload_cut"] = entry.payload_cut;
  return out;
}

net::Task<Result<>> show_event(const ApiParts& parts, Call& call) {
  auto showing = parts.events->show(std::string{call.at("event")});
  const auto entries = co_await std::move(showing);
  if (!entries) co_return fail(entries.error());
  const auto& device = entries->front()->device;
  if (!call.fleet.is_whole() && (device.empty() || !call.fleet.has(device)))
    co_return fail(Code::events_unknown, std::string{call.at("event")});
  json::array all;
  for (const auto& entry : *entries) all.push_back(whole_json(*entry, call.language));
  auto body = whole_json(*entries->back(), call.language);
  body["entries"] = std::move(all);
  auto answering = answer_json(call, 200, json::serialize(body));
  co_return co_await std::move(answering);
}

// What a device sent as a picture is given out as that and nothing else, whatever it is.
net::Task<Result<>> show_picture(const ApiParts& parts, Call& call) {
  auto reading = parts.events->picture(std::string{call.at("picture")});
  auto stored = co_await std::move(reading);
  if (!stored) co_return fail(stored.error());
  if (!call.fleet.is_whole() && !call.fleet.has(stored->device))
    co_return fail(Code::events_unknown, "picture");
  const auto& type = stored->picture.content_type;
  const bool known =
      type == "image/jpeg" || type == "image/png" || type == "image/bmp" || type == "image/gif";
  net::HttpResponse response;
  add_common_headers(response, call.trace_id);
  response.headers.set("Content-Type", known ? type : "application/octet-stream");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Content-Security-Policy", "default-src 'none'; sandbox");
  if (!known) response.headers.set("Content-Disposition", "attachment");
  response.headers.set("Cache-Control", "private, max-age=86400, immutable");
  response.body.assign(stored->picture.data.begin(), stored->picture.data.end());
  auto answering = answer(call, std::move(response));
  co_return co_await std::move(answering);
}

net::Task<Result<>> list_types(Call& call) {
  json::array items;
  for (const auto& one : alarm_types())
    items.push_back(json::object{{"type", one.type},
                                 {"en", one.en},
                                 {"zh", one.zh},
                                 {"text", call.language == Language::zh ? one.zh : one.en}});
  auto answering = answer_json(call, 200, json::serialize(json::object{{"items", std::move(items)}}));
  co_return co_await std::move(answering);
}

// --- the account

constexpr std::chrono::hours kAccountTime{24};  // where nobody says from when

struct SinkSum {
  std::uint64_t delivered = 0;
  std::uint64_t parked = 0;
  std::uint64_t pending = 0;
};
struct DeviceSum {
  std::uint64_t seen = 0;
  std::uint64_t stored = 0;
  std::map<std::string, std::uint64_t> states;
  std::map<std::string, SinkSum> sinks;
  std::map<std::string, double> blind;
};

// For each sink the seqs that part its entries: where it began, and where it is.
std::vector<model::Seq> marks_of(const std::vector<model::SinkStanding>& sinks) {
  std::vector<model::Seq> out;
  for (const auto& sink : sinks) {
    out.push_back(sink.begun);
    out.push_back(std::max(sink.begun, sink.cursor));
  }
  return out;
}

void add_row(DeviceSum& sum, const model::AccountRow& row, const std::vector<model::SinkStanding>& sinks,
             const model::SinkAccounts* accounts) {
  sum.seen += row.seen;
  sum.stored += row.stored;
  sum.states[std::string{model::to_text(row.state)}] += row.stored;
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    if (!accounts->wants(sinks[i].id, row.device, row.channel, row.type)) continue;
    const auto begun = row.up_to[2 * i];
    const auto cursor = row.up_to[2 * i + 1];
    auto& sink = sum.sinks[sinks[i].id];
    sink.delivered += cursor - begun;
    sink.pending += row.stored - cursor;
  }
}

json::object sum_json(const DeviceSum& sum) {
  json::object states;
  for (const auto& [state, count] : sum.states) states[state] = count;
  json::array sinks;
  for (const auto& [id, sink] : sum.sinks)
    sinks.push_back(json::object{
        {"sink", id}, {"delivered", sink.delivered}, {"parked", sink.parked}, {"pending", sink.pending}});
  json::object blind;
  double all = 0;
  for (const auto& [reason, seconds] : sum.blind) {
    blind[reason] = seconds;
    all += seconds;
  }
  return {{"seen", sum.seen},          {"stored", sum.stored}, {"states", std::move(states)},
          {"sinks", std::move(sinks)}, {"blind_seconds", all}, {"blind", std::move(blind)}};
}

json::object ledger_json(const model::LedgerState& state, Language language) {
  return {{"code", name(state.code)},
          {"text", state.code == Code::ok ? std::string_view{} : sentence(state.code, language)},
          {"detail", clean_utf8(state.detail)},
          {"newest", state.newest},
          {"oldest", state.oldest},
          {"queued", state.queued},
          {"bytes", state.bytes},
          {"open", state.open},
          {"blind_devices", state.blind}};
}

// The parked ones are counted as delivered by the cursor: each is looked up and moved over.
net::Task<Result<>> take_parked(model::EventBook& book, const std::vector<model::SinkStanding>& sinks,
                                const model::EventQuery& query, std::map<std::string, DeviceSum>& sums) {
  for (const auto& sink : sinks) {
    for (const auto seq : sink.parked) {
      auto one = query;
      one.after = seq - 1;
      one.ascending = true;
      one.limit = 1;
      auto reading = book.list(std::move(one));
      const auto page = co_await std::move(reading);
      if (!page) co_return fail(page.error());
      if (page->items.empty() || page->items.front()->seq != seq) continue;
      auto& sum = sums[page->items.front()->device.str()].sinks[sink.id];
      ++sum.parked;
      if (seq <= sink.cursor && sum.delivered > 0) --sum.delivered;
      if (seq > sink.cursor && sum.pending > 0) --sum.pending;
    }
  }
  co_return Result<>{};
}

net::Task<Result<>> account(const ApiParts& parts, Call& call) {
  auto given = Query::read(call.exchange.query());
  if (!given) co_return fail(given.error());
  auto query = read_query(call, *given);
  if (!query) co_return fail(query.error());
  if (const auto done = given->done(); !done) co_return fail(done.error());
  const auto at = system_clock().wall();
  // A sum over all that is kept would read all of it.
  if (!query->from) query->from = query->to.value_or(at) - kAccountTime;

  std::vector<model::SinkStanding> sinks;
  if (parts.sink_accounts != nullptr && call.fleet.is_whole()) sinks = parts.sink_accounts->standings();
  auto summing = parts.events->account(*query, marks_of(sinks));
  const auto rows = co_await std::move(summing);
  if (!rows) co_return fail(rows.error());
  std::map<std::string, DeviceSum> sums;
  for (const auto& row : *rows) add_row(sums[row.device.str()], row, sinks, parts.sink_accounts);
  auto parking = take_parked(*parts.events, sinks, *query, sums);
  if (const auto taken = co_await std::move(parking); !taken) co_return taken;

  model::BlindQuery blind;
  blind.devices = query->devices;
  blind.since = query->from;
  blind.until = query->to;
  blind.limit = 100'000;
  blind.visible = query->visible;
  auto reading = parts.events->blind(std::move(blind));
  const auto intervals = co_await std::move(reading);
  if (!intervals) co_return fail(intervals.error());
  for (const auto& one : *intervals) {
    const auto from = query->from ? std::max(one.from, *query->from) : one.from;
    const auto end = one.to.value_or(at);
    const auto to = query->to ? std::min(end, *query->to) : end;
    const std::chrono::duration<double> length = to - from;
    if (length.count() > 0) sums[one.device.str()].blind[std::string{name(one.reason)}] += length.count();
  }

  json::array items;
  for (const auto& [device, sum] : sums) {
    auto item = sum_json(sum);
    item["device"] = device;
    items.push_back(std::move(item));
  }
  json::object body{{"items", std::move(items)}, {"from", to_rfc3339(*query->from)}};
  if (call.fleet.is_whole()) body["ledger"] = ledger_json(parts.events->state(), call.language);
  auto answering = answer_json(call, 200, json::serialize(body));
  co_return co_await std::move(answering);
}

net::Task<Result<>> no_ledger() { co_return fail(Code::ledger_failed, "there is none"); }

// --- blind intervals

net::Task<Result<>> list_blind(const ApiParts& parts, Call& call) {
  auto given = Query::read(call.exchange.query());
  if (!given) co_return fail(given.error());
  model::BlindQuery query;
  auto devices = devices_of(call, *given);
  if (!devices) co_return fail(devices.error());
  query.devices = std::move(*devices);
  const auto since = moment(*given, "since");
  if (!since) co_return fail(since.error());
  query.since = *since;
  const auto open = given->flag("open");
  if (!open) co_return fail(open.error());
  query.open = open->value_or(false);
  const auto limit = given->number("limit", 1, 100'000, 1'000);
  if (!limit) co_return fail(limit.error());
  query.limit = *limit;
  if (const auto done = given->done(); !done) co_return fail(done.error());
  query.visible = visible_to(call);
  auto reading = parts.events->blind(std::move(query));
  const auto intervals = co_await std::move(reading);
  if (!intervals) co_return fail(intervals.error());
  json::array items;
  items.reserve(intervals->size());
  const auto at = system_clock().wall();
  for (const auto& one : *intervals) items.push_back(to_json(one, at, call.language));
  const json::object body{{"items", std::move(items)}, {"next", nullptr}};
  auto answering = answer_json(call, 200, json::serialize(body));
  co_return co_await std::move(answering);
}

}  // namespace

void Api::add_events() {
  const auto with_ledger = [this](auto handler) {
    return [this, handler](Call& call) -> net::Task<Result<>> {
      if (parts_.events == nullptr) return no_ledger();
      return handler(parts_, call);
    };
  };
  router_.add({"GET", "/api/v1/events", "listEvents", Access::view, with_ledger(list_events)},
              Reach::devices);
  router_.add({"GET", "/api/v1/events/types", "listEventTypes", Access::view, list_types}, Reach::devices);
  router_.add({"GET", "/api/v1/events/account", "eventAccount", Access::view, with_ledger(account)},
              Reach::devices);
  router_.add(
      {"GET", "/api/v1/events/pictures/{picture}", "eventPicture", Access::view, with_ledger(show_picture)},
      Reach::devices);
  router_.add({"GET", "/api/v1/events/{event}", "showEvent", Access::view, with_ledger(show_event)},
              Reach::devices);
  router_.add({"GET", "/api/v1/blind", "listBlind", Access::view, with_ledger(list_blind)}, Reach::devices);
}

}  // namespace camfleet::api
