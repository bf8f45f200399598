// What is handed through to a device as it is: ISAPI.
#include "fleet/blot.h"
#include "fleet/device.h"
#include "fleet/fleet.h"
#include "fleet/supervisor.h"
#include "net/loop_groups.h"

namespace camfleet::fleet {
namespace {

net::Task<> hand_through(std::shared_ptr<Device> device, model::IsapiRequest request, Deadline deadline,
                         std::shared_ptr<Result<model::IsapiAnswer>> out) {
  auto asking = device->supervisor.isapi(std::move(request), deadline);
  *out = co_await std::move(asking);
}

}  // namespace

net::Task<Result<model::IsapiAnswer>> Supervisor::isapi(model::IsapiRequest request, Deadline deadline) {
  auto session = session_now();
  if (!session) co_return fail(session.error());
  const auto reach = reach_;
  auto asking = (*session)->isapi(std::move(request), deadline);
  auto answer = co_await std::move(asking);
  if (!answer) {
    heard_of_refusal(answer.error(), reach);
    co_return answer;
  }
  if (answer->body.size() > kIsapiAnswerMost)
    co_return fail(Code::device_unexpected_answer, "an answer of more than 1 MiB");
  // A secret that cannot be read now was none of this session's either.
  if (const auto password = password_->open())
    answer->body = blotted(std::move(answer->body), *password, record_.spec.username);
  co_return answer;
}

net::Task<Result<model::IsapiAnswer>> Fleet::isapi(model::DeviceId id, model::IsapiRequest request,
                                                   std::string who) {
  auto device = find(id);
  if (!device) co_return fail(Code::device_unknown, id.str());
  const auto now = parts_.clock->steady();
  if (!user_commands_.take("isapi/" + who, now))
    co_return fail(Error{Code::device_too_many_commands, "by this user", 1});
  if (!device_commands_.take("isapi/" + id.str(), now))
    co_return fail(Error{Code::device_too_many_commands, id.str(), 1});
  const auto deadline = system_clock().steady() + options_.calls.call;
  auto out = std::make_shared<Result<model::IsapiAnswer>>(fail(Code::net_cancelled));
  const auto executor = device->loop.executor();
  auto asking = hand_through(std::move(device), std::move(request), deadline, out);
  co_await net::run_on(executor, std::move(asking));
  co_return std::move(*out);
}

}  // namespace camfleet::fleet
