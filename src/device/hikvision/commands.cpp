// What a device is told to do: PTZ and key frames, and what is handed through to it.
#include "base/text.h"
#include "device/hikvision/session.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/request.h"
#include "proto/isapi/response_status.h"

namespace camfleet::device {

net::Task<Result<>> HikvisionSession::put(std::uint16_t channel, std::string path, std::string body,
                                          Deadline deadline) {
  if (refused_) co_return fail(refused_);
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  net::HttpRequest request;
  request.method = "PUT";
  request.target = path;
  if (!body.empty()) request.headers.set("Content-Type", "application/xml");
  request.body = std::move(body);
  auto calling = control_.call(std::move(request), deadline);
  const auto response = co_await std::move(calling);
  if (!response) {
    if (name(response.error().code).starts_with("net.")) next_beat_ = std::chrono::steady_clock::now();
    co_return fail(response.error());
  }
  last_heard_ = std::chrono::steady_clock::now();
  if (!response->ok()) {
    auto why = isapi_error(*response, path);
    // The path is right: a device that has none of this has no such ability.
    if (response->status == 404 && why.code == Code::device_unexpected_answer)
      why.code = Code::device_not_supported;
    co_return fail(std::move(why));
  }
  // A refusal may come as 200 with another statusCode in its body.
  if (const auto status = isapi::parse_response_status(response->body))
    if (const auto code = isapi::code_of(isapi::classify(*status)); code != Code::ok)
      co_return fail(code, path + ' ' + clean_utf8(status->sub_status));
  co_return Result<>{};
}

net::Task<Result<>> HikvisionSession::ptz(std::uint16_t channel, model::PtzMove move, Deadline deadline) {
  return put(channel, isapi::path::ptz_continuous(channel), isapi::write_ptz(move.pan, move.tilt, move.zoom),
             deadline);
}

net::Task<Result<>> HikvisionSession::ptz_preset(std::uint16_t channel, std::uint16_t preset,
                                                 Deadline deadline) {
  return put(channel, isapi::path::ptz_goto(channel, preset), {}, deadline);
}

net::Task<Result<>> HikvisionSession::request_key_frame(std::uint16_t channel, model::Profile profile,
                                                        Deadline deadline) {
  return put(channel, isapi::path::request_key_frame(isapi::stream_id(channel, static_cast<int>(profile))),
             {}, deadline);
}

net::Task<Result<model::IsapiAnswer>> HikvisionSession::isapi(model::IsapiRequest request,
                                                              Deadline deadline) {
  if (refused_) co_return fail(refused_);
  net::HttpRequest question;
  question.method = std::move(request.method);
  question.target = std::move(request.path);
  if (!request.body.empty()) question.headers.set("Content-Type", isapi::content_type_of(request.body));
  question.body = std::move(request.body);
  // Never asked again: it may have been a command.
  auto calling = control_.call(std::move(question), deadline);
  auto response = co_await std::move(calling);
  if (!response) {
    if (name(response.error().code).starts_with("net.")) next_beat_ = std::chrono::steady_clock::now();
    co_return fail(std::move(response.error()));
  }
  last_heard_ = std::chrono::steady_clock::now();
  model::IsapiAnswer out;
  out.status = response->status;
  out.content_type = response->headers.get("Content-Type");
  out.body = std::move(response->body);
  co_return out;
}

}  // namespace camfleet::device
