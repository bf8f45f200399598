// What a device is: asked through the library by ISAPI, and where that is not spoken, of the library.
#include <algorithm>

#include "device/hcnetsdk/clock.h"
#include "device/hcnetsdk/errors.h"
#include "device/hcnetsdk/ip_channels.h"
#include "device/hcnetsdk/session.h"
#include "net/within.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/time.h"

namespace camfleet::device {
namespace {

using std::chrono::milliseconds;

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

template <class T>
net::Task<Result<std::optional<T>>> HcNetSdkSession::ask_isapi(std::string_view path,
                                                               Result<T> (*parse)(std::string_view),
                                                               Deadline deadline) {
  sdkhost::Isapi question;
  question.device = place_.device();
  question.method = "GET";
  question.path = path;
  question.timeout_ms = static_cast<std::uint32_t>(target_.calls.call.count());
  auto asking = ask(std::move(question), "ISAPI", std::min(deadline, now() + target_.calls.call));
  auto answer = co_await std::move(asking);
  if (!answer) {
    if (hcnetsdk::ends_session(answer.error().code)) co_return fail(std::move(answer.error()));
    co_return std::optional<T>{};
  }
  auto parsed = parse(answer->body);
  if (!parsed) co_return std::optional<T>{};
  co_return std::optional<T>{std::move(*parsed)};
}

net::Task<Result<void>> HcNetSdkSession::learn(Deadline deadline) {
  using isapi::DeviceKind;
  auto info = co_await ask_isapi(isapi::path::kDeviceInfo, &isapi::parse_device_info, deadline);
  if (!info) co_return fail(std::move(info.error()));
  if (!*info) {
    speaks_isapi_ = false;
    auto learning = learn_without_isapi(deadline);
    co_return co_await std::move(learning);
  }
  IsapiAnswers answers;
  answers.info = std::move(**info);
  if (!target_.known_serial.empty() && !answers.info.serial.empty() &&
      answers.info.serial != target_.known_serial)
    co_return fail(Code::device_identity_mismatch,
                   "serial " + answers.info.serial + " instead of " + target_.known_serial);
  answers.kind = isapi::decide_kind(answers.info, std::nullopt, std::nullopt);
  if (answers.kind == DeviceKind::recorder || answers.kind == DeviceKind::unknown) {
    auto proxies = co_await ask_isapi(isapi::path::kInputProxies, &isapi::parse_input_proxies, deadline);
    if (!proxies) co_return fail(std::move(proxies.error()));
    answers.proxies = std::move(*proxies);
    auto inputs = co_await ask_isapi(isapi::path::kVideoInputs, &isapi::parse_video_inputs, deadline);
    if (!inputs) co_return fail(std::move(inputs.error()));
    answers.inputs = std::move(*inputs);
    const auto count = [](const auto& list) {
      return list ? std::optional<std::size_t>{list->size()} : std::nullopt;
    };
    answers.kind = isapi::decide_kind(answers.info, count(answers.proxies), count(answers.inputs));
    if (answers.proxies && !answers.proxies->empty()) {
      auto status =
          co_await ask_isapi(isapi::path::kInputProxyStatus, &isapi::parse_input_proxy_status, deadline);
      if (!status) co_return fail(std::move(status.error()));
      answers.proxy_status = std::move(*status);
    }
  }
  if (answers.kind != DeviceKind::access && answers.kind != DeviceKind::alarm_panel) {
    auto streams =
        co_await ask_isapi(isapi::path::kStreamingChannels, &isapi::parse_streaming_channels, deadline);
    if (!streams) co_return fail(std::move(streams.error()));
    answers.streams = std::move(*streams);
  }
  auto clock = co_await ask_clock(deadline);
  if (!clock) co_return fail(std::move(clock.error()));
  answers.clock_offset_ms = *clock;
  kind_ = answers.kind;
  facts_ = device::facts_of(std::move(answers));
  if (facts_.channels.empty()) facts_of_login({});
  co_return Result<void>{};
}

// Of a device that does not speak ISAPI: the library's own numbers, which may be anything.
void HcNetSdkSession::facts_of_login(std::span<const sdkhost::IpChannel> ip) {
  if (facts_.serial.empty()) facts_.serial = login_.serial;
  if (facts_.kind.empty()) facts_.kind = login_.digital > 0 ? "nvr" : "ipc";
  if (login_.digital > 0) kind_ = isapi::DeviceKind::recorder;
  facts_.channels = hcnetsdk::channels_of(login_, ip);
}

net::Task<Result<void>> HcNetSdkSession::learn_without_isapi(Deadline deadline) {
  std::vector<sdkhost::IpChannel> ip;
  auto groups = hcnetsdk::groups_of(login_, login_.digital);
  for (std::uint32_t group = 0; group < groups; ++group) {
    auto asking = ask(sdkhost::AskIpChannels{place_.device(), group}, "IP channels",
                      std::min(deadline, now() + target_.calls.call));
    auto answer = co_await std::move(asking);
    if (!answer) {
      if (hcnetsdk::ends_session(answer.error().code)) co_return fail(std::move(answer.error()));
      break;
    }
    const auto told = sdkhost::decode_body<sdkhost::IpChannelsResult>(answer->body);
    if (!told) co_return fail(Code::sdk_bad_data, "IP channels");
    groups = hcnetsdk::groups_of(login_, told->groups);
    ip.insert(ip.end(), told->channels.begin(), told->channels.end());
  }
  facts_of_login(ip);
  auto asking = ask_clock(deadline);
  auto clock = co_await std::move(asking);
  if (!clock) co_return fail(std::move(clock.error()));
  facts_.clock_offset_ms = *clock;
  co_return Result<void>{};
}

net::Task<Result<std::optional<std::int64_t>>> HcNetSdkSession::ask_clock(Deadline deadline) {
  if (!speaks_isapi_) {
    auto asking = ask_clock_of_library(deadline);
    co_return co_await std::move(asking);
  }
  const auto before = system_clock().wall();
  auto time = co_await ask_isapi(isapi::path::kTime, &isapi::parse_time_settings, deadline);
  if (!time) co_return fail(std::move(time.error()));
  const auto device = *time ? (*time)->utc() : std::nullopt;
  if (!device) co_return std::optional<std::int64_t>{};
  const auto half_way = before + (system_clock().wall() - before) / 2;
  co_return std::optional<std::int64_t>{std::chrono::duration_cast<milliseconds>(*device - half_way).count()};
}

// The library tells the device's local time, in whole seconds; what that is in UTC the operator has to say.
net::Task<Result<std::optional<std::int64_t>>> HcNetSdkSession::ask_clock_of_library(Deadline deadline) {
  if (!has_clock_) co_return std::optional<std::int64_t>{};
  const auto before = system_clock().wall();
  auto asking =
      ask(sdkhost::AskClock{place_.device()}, "clock", std::min(deadline, now() + target_.calls.call));
  const auto answer = co_await std::move(asking);
  if (!answer) {
    if (hcnetsdk::ends_session(answer.error().code)) co_return fail(answer.error());
    has_clock_ = false;
    co_return std::optional<std::int64_t>{};
  }
  const auto half_way = before + (system_clock().wall() - before) / 2;
  const auto told = sdkhost::decode_body<sdkhost::ClockResult>(answer->body);
  const auto device = told ? hcnetsdk::utc_of(*told, target_.spec.timezone) : std::nullopt;
  if (!device) co_return std::optional<std::int64_t>{};
  co_return std::optional<std::int64_t>{std::chrono::duration_cast<milliseconds>(*device - half_way).count()};
}

}  // namespace camfleet::device
