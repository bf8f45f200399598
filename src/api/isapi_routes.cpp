// Requests of the vendor's HTTP interface, handed through to a device as they are.
#include "api/api.h"
#include "api/isapi_json.h"
#include "api/problem.h"

namespace camfleet::api {
namespace {

net::Task<Result<>> hand_through(Call& call) {
  auto id = model::parse_device_id(call.at("id"));
  if (!id) co_return fail(Code::device_unknown, "no device can have this id");
  const auto body = object_from(call.exchange.request().body);
  if (!body) co_return fail(body.error());
  auto request = isapi_from_json(*body);
  if (!request) co_return fail(request.error());
  call.subject = id->str() + ' ' + to_text(*request);
  const std::string who = call.who.id.empty() ? call.who.name : call.who.id;
  auto asking = call.fleet.isapi(std::move(*id), std::move(*request), who);
  const auto answer = co_await std::move(asking);
  if (!answer) co_return fail(answer.error());
  auto text = answer_text(*answer);
  co_return co_await answer_json(call, 200, std::move(text));
}

}  // namespace

void Api::add_isapi() {
  router_.add({"POST", "/api/v1/devices/{id}/isapi", "askDevice", Access::admin,
               [](Call& call) { return hand_through(call); }},
              Reach::devices);
}

}  // namespace camfleet::api
