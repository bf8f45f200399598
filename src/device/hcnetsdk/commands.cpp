// What a device is told to do, and what it is asked for once: pictures, PTZ, key frames, ISAPI.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "device/hcnetsdk/errors.h"
#include "device/hcnetsdk/session.h"
#include "proto/isapi/response_status.h"

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

}  // namespace

net::Task<Result<model::Picture>> HcNetSdkSession::snapshot(std::uint16_t channel, model::Profile,
                                                            Deadline deadline) {
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  auto asking = ask(sdkhost::Snapshot{place_.device(), to_library(channel)}, "picture", deadline);
  auto answer = co_await std::move(asking);
  if (!answer) co_return fail(std::move(answer.error()));
  if (answer->body.size() < 4 || !answer->body.starts_with("\xFF\xD8"))
    co_return fail(Code::device_unexpected_answer, "no picture");
  const auto bytes = as_bytes(answer->body);
  co_return model::Picture{Bytes(bytes.begin(), bytes.end()), system_clock().wall()};
}

net::Task<Result<>> HcNetSdkSession::ptz(std::uint16_t channel, model::PtzMove move, Deadline deadline) {
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  const bool still = move.pan == 0 && move.tilt == 0 && move.zoom == 0;
  sdkhost::Ptz order{place_.device(), to_library(channel), 0, false, 4};
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
  auto asking = ask(sdkhost::Preset{place_.device(), to_library(channel), preset}, "preset", deadline);
  auto done = co_await std::move(asking);
  if (!done) co_return fail(std::move(done.error()));
  co_return Result<>{};
}

net::Task<Result<>> HcNetSdkSession::request_key_frame(std::uint16_t channel, model::Profile profile,
                                                       Deadline deadline) {
  sdkhost::KeyFrame order{place_.device(), to_library(channel),
                          static_cast<sdkhost::Profile>(static_cast<int>(profile) - 1)};
  auto asking = ask(order, "key frame", deadline);
  auto done = co_await std::move(asking);
  if (!done) co_return fail(std::move(done.error()));
  co_return Result<>{};
}

// The library says no more of HTTP than whether it went well; what the device said stands in the document.
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
  if (answer->outcome == sdkhost::Outcome::ok) {
    out.status = 200;
  } else {
    const auto status = isapi::parse_response_status(answer->body);
    if (!status) co_return fail(hcnetsdk::error_of(*answer, "ISAPI"));
    out.status = 400;
    const auto code = isapi::code_of(isapi::classify(*status));
    if (code != Code::ok) out.status = info(code).http_status;
  }
  out.body = std::move(answer->body);
  const auto text = trim(out.body);
  out.content_type = text.starts_with('{')   ? "application/json"
                     : text.starts_with('<') ? "application/xml"
                                             : "application/octet-stream";
  co_return out;
}

}  // namespace camfleet::device
