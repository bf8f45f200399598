// The lists of devices and channels.
#include <algorithm>
#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/stream_cursor.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

struct DeviceListing {
  fleet::DeviceQuery query;
  std::vector<std::string> fields;  // none: all
};

// What to_json() makes of a device in a list.
const std::vector<std::string>& known_fields() {
  static const std::vector<std::string> fields = [] {
    std::vector<std::string> names;
    for (const auto& member : to_json(model::DeviceView{}, Language::en, false))
      names.emplace_back(member.key());
    return names;
  }();
  return fields;
}

Result<void> read_page(Query& from, std::string& cursor, std::size_t& limit) {
  auto given = from.one("cursor");
  if (!given) return fail(given.error());
  const auto number = from.number("limit", 1, 1000, 100);
  if (!number) return fail(number.error());
  if (*given && (*given)->empty()) return fail(Code::api_bad_request, "cursor: not one of this list");
  cursor = given->value_or("");
  limit = *number;
  return {};
}

Result<DeviceListing> read_listing(const Call& call) {
  auto query = Query::read(call.exchange.query());
  if (!query) return fail(query.error());
  DeviceListing listing;
  if (const auto page = read_page(*query, listing.query.cursor, listing.query.limit); !page)
    return fail(page.error());
  const auto sort = query->one("sort");
  if (!sort) return fail(sort.error());
  if (*sort) {
    const auto order = fleet::parse_device_order(**sort);
    if (!order) return fail(order.error());
    listing.query.order = *order;
  }
  listing.fields = query->many("fields");
  for (const auto& field : listing.fields)
    if (std::ranges::find(known_fields(), field) == known_fields().end())
      return fail(Code::api_bad_request, "fields: a device has none of the name that is given");
  auto filter = query->filter();
  if (!filter) return fail(filter.error());
  listing.query.filter = std::move(*filter);
  if (const auto done = query->done(); !done) return fail(done.error());
  return listing;
}

json::object only(json::object whole, const std::vector<std::string>& fields) {
  if (fields.empty()) return whole;
  json::object out;
  for (const auto& field : fields) out[field] = std::move(whole[field]);
  return out;
}

// What stands behind the items of a page: where the next one begins, and the place in the stream of events
// from which who follows it misses nothing of this page; that is given back for the head.
std::string end_page(JsonText& to, const ApiParts& parts, const std::optional<std::string>& next,
                     const fleet::LogCursor& log) {
  StreamCursor place{log, {}};
  if (parts.events != nullptr) place.events = parts.events->feed().newest();
  auto cursor = to_text(place);
  to.key("next");
  if (next)
    to.text(*next);
  else
    to.null();
  to.key("cursor").text(cursor);
  return cursor;
}

net::Task<Result<>> answer_page(Call& call, std::string text, const std::string& cursor) {
  net::HttpResponse response;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("X-Camfleet-Cursor", cursor);
  response.body = std::move(text);
  add_common_headers(response, call.trace_id);
  co_return co_await call.exchange.respond(response);
}

net::Task<Result<>> list_devices(const ApiParts& parts, Call& call) {
  const auto listing = read_listing(call);
  if (!listing) co_return fail(listing.error());
  const auto page = call.fleet.list(listing->query);
  if (!page) co_return fail(page.error());
  std::string text;
  text.reserve(256 + 1536 * page->items.size());
  JsonText to{text};
  to.begin_object();
  to.key("items").begin_array();
  for (const auto& view : page->items) {
    if (listing->fields.empty()) {
      to.begin_object();
      write_members(to, *view, call.language, false);
      to.end_object();
    } else {
      to.raw(json::serialize(only(to_json(*view, call.language, false), listing->fields)));
    }
  }
  to.end_array();
  const auto cursor = end_page(to, parts, page->next, page->log);
  if (page->total) to.key("total").number(*page->total);
  to.end_object();
  auto answering = answer_page(call, std::move(text), cursor);
  co_return co_await std::move(answering);
}

json::object row_json(const fleet::ChannelRow& row) {
  auto out = to_json(*row.channel);
  out["device"] = row.device.str();
  out["device_name"] = clean_utf8(row.device_name);
  out["device_state"] = model::to_text(row.state);
  // Where to watch it, without an ending: see /live. Where the device told of no profile, its main one.
  json::object live;
  const auto add = [&](model::Profile profile) {
    live[to_text(profile)] =
        "/live/" + model::to_text(model::StreamKey{row.device, row.channel->number, profile});
  };
  for (const auto& profile : row.channel->profiles) add(profile.profile);
  if (live.empty()) add(model::Profile::main);
  out["live"] = std::move(live);
  return out;
}

net::Task<Result<>> answer_channels(const ApiParts& parts, Call& call, const fleet::ChannelPage& page) {
  std::string text;
  JsonText to{text};
  to.begin_object();
  to.key("items").begin_array();
  for (const auto& row : page.items) to.raw(json::serialize(row_json(row)));
  to.end_array();
  const auto cursor = end_page(to, parts, page.next, page.log);
  to.end_object();
  auto answering = answer_page(call, std::move(text), cursor);
  co_return co_await std::move(answering);
}

// `of`: of this device alone.
Result<fleet::ChannelQuery> read_channels(const Call& call, const std::string& of = {}) {
  auto query = Query::read(call.exchange.query());
  if (!query) return fail(query.error());
  fleet::ChannelQuery out;
  if (const auto page = read_page(*query, out.cursor, out.limit); !page) return fail(page.error());
  const auto online = query->flag("online");
  if (!online) return fail(online.error());
  out.online = *online;
  const auto text = query->one("q");
  if (!text) return fail(text.error());
  out.text = text->value_or("");
  auto filter = of.empty() ? query->filter() : Result<fleet::DeviceFilter>{fleet::DeviceFilter{}};
  if (!filter) return fail(filter.error());
  out.filter = std::move(*filter);
  if (const auto done = query->done(); !done) return fail(done.error());
  if (!of.empty())
    if (const auto taken = out.filter.take("id", of); !taken) return fail(taken.error());
  return out;
}

net::Task<Result<>> list_channels(const ApiParts& parts, Call& call) {
  const auto query = read_channels(call);
  if (!query) co_return fail(query.error());
  const auto page = call.fleet.channels(*query);
  if (!page) co_return fail(page.error());
  auto answering = answer_channels(parts, call, *page);
  co_return co_await std::move(answering);
}

net::Task<Result<>> device_channels(const ApiParts& parts, Call& call) {
  const auto id = model::parse_device_id(call.at("id"));
  if (!id) co_return fail(Code::device_unknown, "no device can have this id");
  const auto view = call.fleet.show(*id);
  if (!view) co_return fail(view.error());
  const auto query = read_channels(call, id->str());
  if (!query) co_return fail(query.error());
  const auto page = call.fleet.channels(*query);
  if (!page) co_return fail(page.error());
  auto answering = answer_channels(parts, call, *page);
  co_return co_await std::move(answering);
}

}  // namespace

void Api::add_lists() {
  router_.add({"GET", "/api/v1/devices", "listDevices", Access::view,
               [this](Call& call) { return list_devices(parts_, call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/channels", "listChannels", Access::view,
               [this](Call& call) { return list_channels(parts_, call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/devices/{id}/channels", "listDeviceChannels", Access::view,
               [this](Call& call) { return device_channels(parts_, call); }},
              Reach::devices);
}

}  // namespace camfleet::api
