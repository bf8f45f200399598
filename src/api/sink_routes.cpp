// Where events go: sinks, what is parked, replay.
#include <boost/json.hpp>

#include "api/api.h"
#include "api/preconditions.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/sink_json.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

std::string etag(const model::SinkView& view) { return '"' + std::to_string(view.revision) + '"'; }

net::Task<Result<>> answer_view(Call& call, int status, const Result<model::SinkView>& view) {
  if (!view) co_return fail(view.error());
  auto text = json::serialize(to_json(*view, call.language));
  const auto tag = etag(*view);
  co_return co_await answer_json(call, status, std::move(text), tag);
}

net::Task<Result<>> no_content(Call& call) {
  net::HttpResponse response;
  response.status = 204;
  add_common_headers(response, call.trace_id);
  co_return co_await answer(call, std::move(response));
}

// The revision that must hold until the change is made, where the caller's If-Match names one.
net::Task<Result<std::optional<std::uint64_t>>> wanted_revision(model::Sinks& sinks, const Call& call) {
  const auto header = trim(call.exchange.request().headers.get("If-Match"));
  if (header.empty() || header == "*") co_return std::optional<std::uint64_t>{};
  auto showing = sinks.show(std::string{call.at("id")});
  const auto view = co_await std::move(showing);
  if (!view) co_return fail(view.error());
  if (auto holds = check_if_match(header, view->revision); !holds) co_return fail(holds.error());
  co_return view->revision;
}

net::Task<Result<>> list(model::Sinks& sinks, Call& call) {
  auto listing = sinks.list();
  const auto views = co_await std::move(listing);
  if (!views) co_return fail(views.error());
  json::array items;
  for (const auto& view : *views) items.push_back(to_json(view, call.language));
  auto text = json::serialize(json::object{{"items", std::move(items)}, {"next", nullptr}});
  co_return co_await answer_json(call, 200, std::move(text));
}

net::Task<Result<>> show(model::Sinks& sinks, Call& call) {
  auto showing = sinks.show(std::string{call.at("id")});
  const auto view = co_await std::move(showing);
  co_return co_await answer_view(call, 200, view);
}

net::Task<Result<>> add(model::Sinks& sinks, Call& call) {
  auto body = object_from(call.exchange.request().body);
  if (!body) co_return fail(body.error());
  auto wish = sink_from_json(*body, true);
  wipe_settings(*body);
  if (!wish) co_return fail(wish.error());
  auto adding = sinks.add(std::move(*wish));
  const auto view = co_await std::move(adding);
  if (view) call.subject = view->spec.id;
  co_return co_await answer_view(call, 201, view);
}

net::Task<Result<>> edit(model::Sinks& sinks, Call& call) {
  auto asking = wanted_revision(sinks, call);
  const auto revision = co_await std::move(asking);
  if (!revision) co_return fail(revision.error());
  auto body = object_from(call.exchange.request().body);
  if (!body) co_return fail(body.error());
  auto wish = sink_from_json(*body, false);
  wipe_settings(*body);
  if (!wish) co_return fail(wish.error());
  if (!wish->id.empty() && wish->id != call.at("id")) co_return fail(Code::sink_invalid, "id: never changes");
  wish->id = call.at("id");
  auto editing = sinks.edit(std::move(*wish), *revision);
  const auto view = co_await std::move(editing);
  co_return co_await answer_view(call, 200, view);
}

net::Task<Result<>> remove(model::Sinks& sinks, Call& call) {
  auto asking = wanted_revision(sinks, call);
  const auto revision = co_await std::move(asking);
  if (!revision) co_return fail(revision.error());
  auto removing = sinks.remove(std::string{call.at("id")}, *revision);
  if (auto removed = co_await std::move(removing); !removed) co_return removed;
  co_return co_await no_content(call);
}

net::Task<Result<>> set_paused(model::Sinks& sinks, Call& call, bool paused) {
  auto changing = sinks.set_paused(std::string{call.at("id")}, paused);
  const auto view = co_await std::move(changing);
  co_return co_await answer_view(call, 200, view);
}

net::Task<Result<>> test(model::Sinks& sinks, Call& call) {
  auto testing = sinks.test(std::string{call.at("id")});
  if (auto tested = co_await std::move(testing); !tested) co_return tested;
  co_return co_await no_content(call);
}

net::Task<Result<>> replay(model::Sinks& sinks, Call& call) {
  const auto& text = call.exchange.request().body;
  auto body = text.empty() ? Result<json::object>{json::object{}} : object_from(text);
  if (!body) co_return fail(body.error());
  auto wish = replay_from_json(*body);
  if (!wish) co_return fail(wish.error());
  auto starting = sinks.replay(std::string{call.at("id")}, std::move(*wish));
  const auto view = co_await std::move(starting);
  co_return co_await answer_view(call, 202, view);
}

net::Task<Result<>> parked(model::Sinks& sinks, Call& call) {
  auto query = Query::read(call.exchange.query());
  if (!query) co_return fail(query.error());
  const auto limit = query->number("limit", 1, 1000, 100);
  if (!limit) co_return fail(limit.error());
  auto cursor = query->one("cursor");
  if (!cursor) co_return fail(cursor.error());
  const auto after = *cursor ? parse_int<model::Seq>(**cursor) : model::Seq{0};
  if (!after) co_return fail(Code::api_bad_request, "cursor: is none of ours");
  if (auto done = query->done(); !done) co_return done;
  auto asking = sinks.parked(std::string{call.at("id")}, *after, *limit + 1);
  auto entries = co_await std::move(asking);
  if (!entries) co_return fail(entries.error());
  json::value next = nullptr;
  if (entries->size() > *limit) {
    entries->pop_back();
    next = std::to_string(entries->back().seq);
  }
  json::array items;
  for (const auto& entry : *entries) items.push_back(to_json(entry, call.language));
  auto out = json::serialize(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
  co_return co_await answer_json(call, 200, std::move(out));
}

net::Task<Result<>> settle_parked(model::Sinks& sinks, Call& call, bool retry) {
  const auto seq = parse_int<model::Seq>(call.at("seq"));
  if (!seq) co_return fail(Code::events_unknown, "is not parked here");
  const std::string id{call.at("id")};
  auto settling = retry ? sinks.retry_parked(id, *seq) : sinks.drop_parked(id, *seq);
  if (auto settled = co_await std::move(settling); !settled) co_return settled;
  co_return co_await no_content(call);
}

net::Task<Result<>> no_sinks() { co_return fail(Code::api_not_found, "this gateway has no sinks"); }

}  // namespace

void Api::add_sinks() {
  using What = net::Task<Result<>> (*)(model::Sinks&, Call&);
  const auto add_route = [this](std::string_view method, std::string_view pattern, std::string_view operation,
                                Access access, What what) {
    router_.add({method, pattern, operation, access, [this, what](Call& call) -> net::Task<Result<>> {
                   if (parts_.sinks == nullptr) return no_sinks();
                   return what(*parts_.sinks, call);
                 }});
  };
  add_route("GET", "/api/v1/sinks", "listSinks", Access::view, list);
  add_route("POST", "/api/v1/sinks", "addSink", Access::admin, add);
  add_route("GET", "/api/v1/sinks/{id}", "showSink", Access::view, show);
  add_route("PATCH", "/api/v1/sinks/{id}", "editSink", Access::admin, edit);
  add_route("DELETE", "/api/v1/sinks/{id}", "removeSink", Access::admin, remove);
  add_route("POST", "/api/v1/sinks/{id}/pause", "pauseSink", Access::admin,
            [](model::Sinks& sinks, Call& call) { return set_paused(sinks, call, true); });
  add_route("POST", "/api/v1/sinks/{id}/resume", "resumeSink", Access::admin,
            [](model::Sinks& sinks, Call& call) { return set_paused(sinks, call, false); });
  add_route("POST", "/api/v1/sinks/{id}/test", "testSink", Access::admin, test);
  add_route("POST", "/api/v1/sinks/{id}/replay", "replaySink", Access::admin, replay);
  add_route("GET", "/api/v1/sinks/{id}/parked", "listParked", Access::view, parked);
  add_route("POST", "/api/v1/sinks/{id}/parked/{seq}/retry", "retryParked", Access::admin,
            [](model::Sinks& sinks, Call& call) { return settle_parked(sinks, call, true); });
  add_route("DELETE", "/api/v1/sinks/{id}/parked/{seq}", "dropParked", Access::admin,
            [](model::Sinks& sinks, Call& call) { return settle_parked(sinks, call, false); });
}

}  // namespace camfleet::api
