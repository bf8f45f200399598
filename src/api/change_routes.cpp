// One device changes: PATCH, PUT, DELETE, on, off, and anew.
#include <algorithm>
#include <boost/json.hpp>

#include "api/api.h"
#include "api/device_patch.h"
#include "api/preconditions.h"
#include "api/problem.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

// The device of the path, and that the caller's If-Match holds for it now. `revision` is set where it must
// hold until the change is made too.
struct Target {
  model::DeviceId id;
  std::optional<std::uint64_t> revision;
};
Result<Target> target_of(const Call& call) {
  auto id = model::parse_device_id(call.at("id"));
  if (!id) return fail(Code::device_unknown, "no device can have this id");
  Target out{std::move(*id), {}};
  const auto header = call.exchange.request().headers.get("If-Match");
  if (trim(header).empty()) return out;
  const auto view = call.fleet.show(out.id);
  if (!view) return fail(view.error());
  const auto holds = check_if_match(header, (*view)->revision);
  if (!holds) return fail(holds.error());
  if (trim(header) != "*") out.revision = (*view)->revision;
  return out;
}

// A 412 tells the present tag, so that the caller can read, merge and try again.
net::Task<Result<>> refuse(Call& call, Error error) {
  if (error.code != Code::api_precondition_failed) co_return fail(std::move(error));
  auto response = problem(error, call.language, call.trace_id);
  if (const auto id = model::parse_device_id(call.at("id")))
    if (const auto view = call.fleet.show(*id)) response.headers.set("ETag", etag_of(**view));
  co_return co_await answer(call, std::move(response));
}

net::Task<Result<>> edit(Call& call, fleet::DevicePatch patch) {
  auto target = target_of(call);
  if (!target) {
    auto refusing = refuse(call, target.error());
    co_return co_await std::move(refusing);
  }
  auto editing = call.fleet.edit({std::move(target->id), std::move(patch), target->revision});
  const auto edited = co_await std::move(editing);
  if (!edited) {
    auto refusing = refuse(call, edited.error());
    co_return co_await std::move(refusing);
  }
  const auto& view = *edited->device;
  auto text = device_text(view, call.language, true);
  const auto etag = etag_of(view);
  co_return co_await answer_json(call, 200, std::move(text), etag);
}

bool is_type(const Call& call, std::initializer_list<std::string_view> types) {
  auto given = call.exchange.request().headers.get("Content-Type");
  const auto type = trim(take_until(given, ';'));
  return std::ranges::any_of(types, [&](std::string_view one) { return iequals(type, one); });
}

net::Task<Result<>> patch(Call& call) {
  if (!is_type(call, {"application/merge-patch+json", "application/json"}))
    co_return fail(Code::api_unsupported_type, "wants application/merge-patch+json");
  auto object = object_from(call.exchange.request().body);
  if (!object) co_return fail(object.error());
  auto read = patch_from_json(*object, call.at("id"));
  wipe_secrets(*object);
  if (!read) co_return fail(read.error());
  auto editing = edit(call, std::move(*read));
  co_return co_await std::move(editing);
}

net::Task<Result<>> put(Call& call) {
  if (!is_type(call, {"application/json"}))
    co_return fail(Code::api_unsupported_type, "wants application/json");
  auto read = device_from_json(call.exchange.request().body);
  if (!read) co_return fail(read.error());
  if (!read->spec.id.empty() && read->spec.id.str() != call.at("id"))
    co_return fail(Code::device_invalid, "id: never changes");
  auto editing = edit(call, fleet::whole(fleet::NewDevice{std::move(read->spec), std::move(read->password)}));
  co_return co_await std::move(editing);
}

net::Task<Result<>> switch_to(Call& call, bool enabled) {
  fleet::DevicePatch patch;
  patch.enabled = enabled;
  auto editing = edit(call, std::move(patch));
  co_return co_await std::move(editing);
}

net::Task<Result<>> no_content(Call& call, int status) {
  net::HttpResponse response;
  response.status = status;
  add_common_headers(response, call.trace_id);
  co_return co_await answer(call, std::move(response));
}

net::Task<Result<>> remove(Call& call) {
  auto target = target_of(call);
  if (!target) {
    auto refusing = refuse(call, target.error());
    co_return co_await std::move(refusing);
  }
  auto removing = call.fleet.remove(target->id, target->revision);
  const auto removed = co_await std::move(removing);
  if (!removed) {
    auto refusing = refuse(call, removed.error());
    co_return co_await std::move(refusing);
  }
  auto answering = no_content(call, 204);
  co_return co_await std::move(answering);
}

net::Task<Result<>> reconnect(Call& call) {
  const auto accept = call.exchange.query_value("accept_identity").value_or("false");
  if (accept != "true" && accept != "false")
    co_return fail(Code::api_bad_request, "accept_identity: wants true or false");
  const auto target = target_of(call);
  if (!target) {
    auto refusing = refuse(call, target.error());
    co_return co_await std::move(refusing);
  }
  const auto asked = call.fleet.reconnect(target->id, accept == "true");
  if (!asked) co_return fail(asked.error());
  auto answering = no_content(call, 202);
  co_return co_await std::move(answering);
}

}  // namespace

void Api::add_changes() {
  router_.add({"PATCH", "/api/v1/devices/{id}", "editDevice", Access::operate,
               [](Call& call) { return patch(call); }},
              Reach::devices);
  router_.add(
      {"PUT", "/api/v1/devices/{id}", "replaceDevice", Access::operate, [](Call& call) { return put(call); }},
      Reach::devices);
  router_.add({"DELETE", "/api/v1/devices/{id}", "removeDevice", Access::operate,
               [](Call& call) { return remove(call); }},
              Reach::devices);
  router_.add({"POST", "/api/v1/devices/{id}/enable", "enableDevice", Access::operate,
               [](Call& call) { return switch_to(call, true); }},
              Reach::devices);
  router_.add({"POST", "/api/v1/devices/{id}/disable", "disableDevice", Access::operate,
               [](Call& call) { return switch_to(call, false); }},
              Reach::devices);
  router_.add({"POST", "/api/v1/devices/{id}/reconnect", "reconnectDevice", Access::operate,
               [](Call& call) { return reconnect(call); }},
              Reach::devices);
}

}  // namespace camfleet::api
