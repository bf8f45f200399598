#include <boost/json.hpp>

#include "api/api.h"
#include "api/explain_json.h"
#include "api/preconditions.h"
#include "api/problem.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

Result<model::DeviceId> id_of(const Call& call) {
  auto id = model::parse_device_id(call.at("id"));
  if (!id) return fail(Code::device_unknown, "no device can have this id");
  return id;
}

net::Task<Result<>> add(Call& call) {
  const auto type = call.exchange.request().headers.get("Content-Type");
  if (!istarts_with(type, "application/json"))
    co_return fail(Code::api_unsupported_type, "wants application/json");
  auto read = device_from_json(call.exchange.request().body);
  if (!read) co_return fail(read.error());
  auto adding = call.fleet.add(fleet::NewDevice{std::move(read->spec), std::move(read->password)});
  auto added = co_await std::move(adding);
  if (!added) co_return fail(added.error());
  call.subject = (*added)->spec.id.str();
  net::HttpResponse response;
  response.status = 201;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("ETag", etag_of(**added));
  response.headers.set("Location", "/api/v1/devices/" + (*added)->spec.id.str());
  response.body = device_text(**added, call.language, true);
  add_common_headers(response, call.trace_id);
  auto answering = answer(call, std::move(response));
  co_return co_await std::move(answering);
}

net::Task<Result<>> show(Call& call) {
  const auto id = id_of(call);
  if (!id) co_return fail(id.error());
  const auto view = call.fleet.show(*id);
  if (!view) co_return fail(view.error());
  std::string text;
  text.reserve(2048 + 160 * (*view)->history.size());
  JsonText to{text};
  to.begin_object();
  write_members(to, **view, call.language, true);
  to.key("stream_limit");
  if (const auto limit = call.fleet.stream_limit(*id))
    to.number(*limit);
  else
    to.null();
  to.end_object();
  const auto etag = etag_of(**view);
  co_return co_await answer_json(call, 200, std::move(text), etag);
}

net::Task<Result<>> explain(Call& call) {
  const auto id = id_of(call);
  if (!id) co_return fail(id.error());
  const auto view = call.fleet.show(*id);
  if (!view) co_return fail(view.error());
  auto text = json::serialize(explain_json(**view, call.language, system_clock().wall()));
  co_return co_await answer_json(call, 200, std::move(text));
}

}  // namespace

void Api::add_devices() {
  router_.add({"POST", "/api/v1/devices", "addDevice", Access::operate, [](Call& call) { return add(call); }},
              Reach::devices);
  router_.add(
      {"GET", "/api/v1/devices/{id}", "showDevice", Access::view, [](Call& call) { return show(call); }},
      Reach::devices);
  router_.add({"GET", "/api/v1/devices/{id}/explain", "explainDevice", Access::view,
               [](Call& call) { return explain(call); }},
              Reach::devices);
}

}  // namespace camfleet::api
