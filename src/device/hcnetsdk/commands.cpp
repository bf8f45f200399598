// What a device is told to do, and what it is asked for once: pictures, PTZ, key frames, ISAPI.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "device/hcnetsdk/errors.h"
#include "device/hcnetsdk/session.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/request.h"
#include "proto/isapi/response_status.h"
#include "proto/isapi/write.h"

namespace camfleet::device {
namespace {

// The vendor's numbers of movements.
constexpr std::uint32_t kZoomIn = 11, kZoomOut = 12;
constexpr std::uint32_t kUp = 21, kDown = 22, kLeft = 23, kRight = 24;
constexpr std::uint32_t kUpLeft = 25, kUpRight = 26, kDownLeft = 27, kDownRight = 28;

// One movement at a time: the library has no zoom beside a turn, so turning goes first.
std::uint32_t command_of(const model::PtzMove& move) {
  if (move.pan != 0 && move.tilt != 0)
    return move.tilt > 0 ? (move.pan > 0 ? kUpRight : kUpLeft) : (move.pan > 0 ? kDownRight : kDownLeft);
  if (move.pan != 0) return move.pan > 0 ? kRight : kLeft;
  if (move.tilt != 0) return move.tilt > 0 ? kUp : kDown;
  return move.zoom > 0 ? kZoomIn : kZoomOut;
}

// Percent to the library's 1 to 7.
std::uint32_t speed_of(const model::PtzMove& move) {
  const int fastest = std::max({std::abs(move.pan), std::abs(move.tilt), std::abs(move.zoom)});
  return static_cast<std::uint32_t>(std::clamp((fastest * 7 + 99) / 100, 1, 7));
}

Result<model::Picture> picture_of(std::string_view body) {
  if (body.size() < 4 || !body.starts_with("\xFF\xD8"))
    return fail(Code::device_unexpected_answer, "no picture");
  const auto bytes = as_bytes(body);
  return model::Picture{Bytes(bytes.begin(), bytes.end()), system_clock().wall()};
}

// What the library does not tell.
std::string_view type_of(std::string_view body) {
  if (body.starts_with("\xFF\xD8")) return "image/jpeg";
  const auto text = trim(body);
  if (text.starts_with('<') || text.starts_with('{') || text.starts_with('['))
    return isapi::content_type_of(text);
  return text.empty() ? "text/plain" : "application/octet-stream";
}

}  // namespace

// A question of ISAPI by the library: it says no more of HTTP than whether it went well; what the device said
// stands in the document, which may be a refusal that went well too.
net::Task<Result<std::string>> HcNetSdkSession::through(std::string_view method, std::string path,
                                                        std::string body, Deadline deadline) {
  sdkhost::Isapi question;
  question.device = place_.device();
  question.method = method;
  question.path = path;
  question.body = std::move(body);
  question.timeout_ms = static_cast<std::uint32_t>(target_.calls.call.count());
  auto calling = place_.host().call(std::move(question), deadline);
  auto answer = co_await std::move(calling);
  if (!answer) co_return fail(std::move(answer.error()));
  if (const auto status = isapi::parse_response_status(answer->body))
    if (const auto code = isapi::code_of(isapi::classify(*status)); code != Code::ok)
      co_return fail(code, path + ' ' + clean_utf8(status->sub_status));
  if (answer->outcome != sdkhost::Outcome::ok) co_return fail(hcnetsdk::error_of(*answer, path.c_str()));
  co_return std::move(answer->body);
}

// Measured of 6.1.9.55: by ISAPI it takes no pictures (189); what else it does not do there is not known. A
// device that does not speak ISAPI has nobody else to ask.
bool HcNetSdkSession::by_isapi_too(Code why) const {
  return speaks_isapi_ && why == Code::device_not_supported;
}

// --- pictures

net::Task<Result<model::Picture>> HcNetSdkSession::snapshot(std::uint16_t channel, model::Profile profile,
                                                            Deadline deadline) {
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  if (!by_isapi_.picture) {
    auto asking = ask(sdkhost::Snapshot{place_.device(), channels_.to_library(channel)}, "picture", deadline);
    auto answer = co_await std::move(asking);
    if (answer) co_return picture_of(answer->body);
    if (!by_isapi_too(answer.error().code)) co_return fail(std::move(answer.error()));
  }
  auto taking = picture_by_isapi(channel, profile, deadline);
  auto taken = co_await std::move(taking);
  if (taken) by_isapi_.picture = true;
  co_return taken;
}

// As the driver hikvision asks for it: recorders refuse one of two paths for their IP channels, and the one
// that works stays so; a main stream that is too large for a picture has a sub stream.
net::Task<Result<model::Picture>> HcNetSdkSession::picture_by_isapi(std::uint16_t channel,
                                                                    model::Profile profile,
                                                                    Deadline deadline) {
  const int stream = isapi::stream_id(channel, static_cast<int>(profile));
  const bool recorder = kind_ == isapi::DeviceKind::recorder;
  Error why;
  for (int i = 0; i < (recorder ? 2 : 1); ++i) {
    auto path = picture_by_proxy_ ? isapi::path::proxy_picture(stream) : isapi::path::picture(stream);
    auto asking = through("GET", std::move(path), {}, deadline);
    const auto body = co_await std::move(asking);
    if (body) co_return picture_of(*body);
    why = body.error();
    if (hcnetsdk::ends_session(why.code)) co_return fail(std::move(why));
    if (recorder) picture_by_proxy_ = !picture_by_proxy_;
  }
  if (profile != model::Profile::sub) {
    auto asking = through("GET", isapi::path::picture(isapi::stream_id(channel, 2)), {}, deadline);
    const auto body = co_await std::move(asking);
    if (body) co_return picture_of(*body);
  }
  co_return fail(std::move(why));
}

// --- what it is told to do

net::Task<Result<>> HcNetSdkSession::ptz(std::uint16_t channel, model::PtzMove move, Deadline deadline) {
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  if (!by_isapi_.move) {
    auto moving = move_by_library(channel, move, deadline);
    auto done = co_await std::move(moving);
    if (done || !by_isapi_too(done.error().code)) co_return done;
  }
  auto asking = through("PUT", isapi::path::ptz_continuous(channel),
                        isapi::write_ptz(move.pan, move.tilt, move.zoom), deadline);
  auto done = co_await std::move(asking);
  if (!done) co_return fail(std::move(done.error()));
  by_isapi_.move = true;
  co_return Result<>{};
}

net::Task<Result<>> HcNetSdkSession::move_by_library(std::uint16_t channel, model::PtzMove move,
                                                     Deadline deadline) {
  const bool still = move.pan == 0 && move.tilt == 0 && move.zoom == 0;
  sdkhost::Ptz order{place_.device(), channels_.to_library(channel), 0, false, 4};
  const auto moving = moving_.find(channel);
  const auto next = still ? 0 : command_of(move);
  // Each movement is ended by its own name; where none is known, any ends what moves.
  if (still || (moving != moving_.end() && moving->second != next)) {
    order.command = moving != moving_.end() ? moving->second : kRight;
    order.stop = true;
    auto asking = ask(order, "PTZ", deadline);
    auto done = co_await std::move(asking);
    if (!done) co_return fail(std::move(done.error()));
    moving_.erase(channel);
  }
  if (still) co_return Result<>{};
  order.command = next;
  order.stop = false;
  order.speed = speed_of(move);
  auto asking = ask(order, "PTZ", deadline);
  auto done = co_await std::move(asking);
  if (!done) co_return fail(std::move(done.error()));
  moving_[channel] = next;
  co_return Result<>{};
}

net::Task<Result<>> HcNetSdkSession::ptz_preset(std::uint16_t channel, std::uint16_t preset,
                                                Deadline deadline) {
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  if (!by_isapi_.preset) {
    sdkhost::Preset order{place_.device(), channels_.to_library(channel), preset};
    auto asking = ask(order, "preset", deadline);
    auto done = co_await std::move(asking);
    if (done) co_return Result<>{};
    if (!by_isapi_too(done.error().code)) co_return fail(std::move(done.error()));
  }
  auto asking = through("PUT", isapi::path::ptz_goto(channel, preset), {}, deadline);
  auto done = co_await std::move(asking);
  if (!done) co_return fail(std::move(done.error()));
  by_isapi_.preset = true;
  co_return Result<>{};
}

net::Task<Result<>> HcNetSdkSession::request_key_frame(std::uint16_t channel, model::Profile profile,
                                                       Deadline deadline) {
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  if (!by_isapi_.key_frame) {
    sdkhost::KeyFrame order{place_.device(), channels_.to_library(channel),
                            static_cast<sdkhost::Profile>(static_cast<int>(profile) - 1)};
    auto asking = ask(order, "key frame", deadline);
    auto done = co_await std::move(asking);
    if (done) co_return Result<>{};
    if (!by_isapi_too(done.error().code)) co_return fail(std::move(done.error()));
  }
  const int stream = isapi::stream_id(channel, static_cast<int>(profile));
  auto asking = through("PUT", isapi::path::request_key_frame(stream), {}, deadline);
  auto done = co_await std::move(asking);
  if (!done) co_return fail(std::move(done.error()));
  by_isapi_.key_frame = true;
  co_return Result<>{};
}

// --- what is handed through

net::Task<Result<model::IsapiAnswer>> HcNetSdkSession::isapi(model::IsapiRequest request, Deadline deadline) {
  sdkhost::Isapi question;
  question.device = place_.device();
  question.method = std::move(request.method);
  question.path = std::move(request.path);
  question.body = std::move(request.body);
  question.timeout_ms = static_cast<std::uint32_t>(target_.calls.call.count());
  auto calling = place_.host().call(std::move(question), deadline);
  auto answer = co_await std::move(calling);
  if (!answer) co_return fail(std::move(answer.error()));
  model::IsapiAnswer out;
  out.status = 200;
  if (answer->outcome != sdkhost::Outcome::ok) {
    // The library keeps the number to itself: this is what devices say with such a document.
    const auto status = isapi::parse_response_status(answer->body);
    if (!status) co_return fail(hcnetsdk::error_of(*answer, "ISAPI"));
    out.status = isapi::http_status(*status);
    if (out.status == 200) out.status = 400;
  }
  out.body = std::move(answer->body);
  out.content_type = type_of(out.body);
  co_return out;
}

}  // namespace camfleet::device
