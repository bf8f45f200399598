// Cameras are moved.
#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"
#include "api/ptz_json.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

net::Task<Result<>> ptz(Call& call) {
  auto id = model::parse_device_id(call.at("id"));
  if (!id) co_return fail(Code::device_unknown, "no device can have this id");
  const auto channel = parse_int<int>(call.at("channel"));
  if (!channel || *channel < 1 || *channel > 0xFFFF) co_return fail(Code::device_no_channel, "channel");
  const auto body = object_from(call.exchange.request().body);
  if (!body) co_return fail(body.error());
  auto command = ptz_from_json(*body);
  if (!command) co_return fail(command.error());
  command->channel = static_cast<std::uint16_t>(*channel);
  call.subject = id->str() + '/' + std::to_string(*channel) + ' ' + to_text(*command);
  const std::string who = call.who.id.empty() ? call.who.name : call.who.id;
  auto giving = call.fleet.ptz(std::move(*id), *command, who);
  const auto done = co_await std::move(giving);
  if (!done) co_return fail(done.error());
  json::object answer{{"superseded", *done == fleet::PtzOutcome::superseded}};
  if (command->moves()) answer["stop_after_ms"] = command->stop_after.count();
  auto text = json::serialize(answer);
  co_return co_await answer_json(call, 200, std::move(text));
}

}  // namespace

void Api::add_ptz() {
  router_.add({"POST", "/api/v1/devices/{id}/channels/{channel}/ptz", "moveCamera", Access::operate,
               [](Call& call) { return ptz(call); }},
              Reach::devices);
}

}  // namespace camfleet::api
