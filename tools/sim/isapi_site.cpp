#include "sim/isapi_site.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/write.h"
#include "proto/multipart/writer.h"
#include "sim/http_faults.h"
#include "sim/isapi_documents.h"
#include "sim/ptz_site.h"
#include "sim/replies.h"
#include "sim/sdk_documents.h"
#include "sim/session_gate.h"
#include "sim/silence.h"
#include "sim/view.h"

namespace camfleet::sim {
namespace {

namespace path = isapi::path;

// Paths of devices count without case ("Channels").
bool is(std::string_view a, std::string_view b) { return iequals(a, b); }

// What comes behind `prefix` and '/'; nothing where `text` does not begin so.
std::optional<std::string_view> below(std::string_view text, std::string_view prefix) {
  if (text.size() <= prefix.size() || !istarts_with(text, prefix) || text[prefix.size()] != '/')
    return std::nullopt;
  return text.substr(prefix.size() + 1);
}

net::HttpResponse login_refusal(Device& device, Account::Verdict verdict) {
  const auto now = device.clock().steady();
  auto& account = device.account();
  auto response = document(isapi::write_user_check(account.user_check(verdict, now), device.dialect()), 401);
  for (const auto& challenge : account.challenges(Account::Door::http, verdict, now))
    response.headers.add("WWW-Authenticate", challenge);
  return response;
}

// As those word it that give no challenge to a login that is one too many.
net::HttpResponse too_many_sessions(const Device& device, std::string_view at) {
  isapi::ResponseStatus status;
  status.url = at;
  status.status_code = 4;
  status.status_text = "Invalid Operation";
  status.sub_status = "maxSessionReached";
  return refusal(device, status, 401);
}

std::chrono::milliseconds length_of(double in_seconds) {
  return std::chrono::milliseconds{static_cast<std::int64_t>(in_seconds * 1000)};
}

// GET of a document, by its path; empty: there is none.
std::string find_document(const Device& device, const Clips& clips, std::string_view at) {
  if (is(at, path::kDeviceInfo)) return device_info_document(device);
  if (is(at, path::kStatus)) return status_document(device);
  if (is(at, path::kTime)) return time_document(device);
  if (is(at, path::kCapabilities)) return capabilities_document(device);
  if (is(at, path::kStreamingChannels)) return streaming_channels_document(device, clips);
  if (is(at, path::kVideoInputs))
    return device.identity().nvr ? std::string{} : video_inputs_document(device);
  if (device.identity().nvr) {
    if (is(at, path::kInputProxies)) return input_proxies_document(device);
    if (is(at, path::kInputProxyStatus)) return input_proxy_status_document(device);
    if (const auto rest = below(at, path::kInputProxies)) {
      auto id = *rest;
      const auto channel = parse_int<int>(take_until(id, '/'));
      return channel && is(id, "status") ? input_proxy_status_document(device, *channel) : std::string{};
    }
  }
  if (const auto id = below(at, path::kStreamingChannels))
    return streaming_channel_document(device, clips, parse_int<int>(*id).value_or(0));
  return find_sdk_document(device, at);
}

// A device knows these paths, whatever it answers to them.
bool refused_here(const Device& device, std::string_view at) {
  return device.identity().nvr ? is(at, path::kVideoInputs) : istarts_with(at, path::kInputProxies);
}

// ".../101/picture" and ".../101/requestKeyFrame": cameras take the channel number alone too.
struct ChannelAction {
  int channel = 0;
  int stream = 1;
  std::string_view action;
};
std::optional<ChannelAction> find_action(const Device& device, std::string_view at) {
  auto rest = below(at, path::kStreamingChannels);
  if (!rest) rest = below(at, "/ISAPI/ContentMgmt/StreamingProxy/channels");
  if (!rest) return std::nullopt;
  const auto id = parse_int<int>(take_until(*rest, '/')).value_or(0);
  ChannelAction out{.channel = isapi::channel_of(id), .stream = isapi::stream_of(id), .action = *rest};
  if (id == 1 && !device.identity().nvr) out = {.channel = 1, .stream = 1, .action = *rest};
  if (out.channel < 1 || out.channel > device.identity().channels || out.stream < 1 || out.stream > 2)
    return std::nullopt;
  return out;
}

net::HttpResponse picture(const Device& device, const Playout& playout, const View& view) {
  const auto jpeg = view.clip->picture(frame_of(view, playout.round(), device));
  if (!jpeg) return refusal(device, isapi::status_not_supported("picture"));
  auto response = plain_reply(200);
  response.headers.add("Content-Type", "image/jpeg");
  response.body = *jpeg;
  return response;
}

net::HttpResponse answer_to(const net::HttpExchange& exchange, Device& device, const Playout& playout,
                            const Clips& clips) {
  const auto& at = exchange.path();
  const auto& method = exchange.request().method;
  if (const auto action = find_action(device, at)) {
    if (is(action->action, "picture") && method == "GET")
      return picture(device, playout,
                     view_of(device, clips, action->channel, action->stream, device.clock().steady()));
    if (is(action->action, "requestKeyFrame") && method == "PUT") {
      device.request_key_frame(static_cast<std::uint16_t>(action->channel),
                               static_cast<std::uint8_t>(action->stream));
      return refusal(device, isapi::status_ok(at), 200);
    }
  }
  if (auto answered = answer_ptz(exchange, device)) return std::move(*answered);
  if (refused_here(device, at)) return refusal(device, isapi::status_not_supported(at), 403);
  if (is(at, path::kUserCheck)) {
    const auto check = device.account().user_check(Account::Verdict::ok, device.clock().steady());
    return document(isapi::write_user_check(check, device.dialect()));
  }
  auto body = find_document(device, clips, at);
  if (body.empty())
    return refusal(device, isapi::status_not_supported(at), istarts_with(at, "/ISAPI/") ? 403 : 404);
  if (method != "GET") return refusal(device, isapi::status_method_not_allowed(at));
  return document(std::move(body));
}

// The parts that wait, and a heartbeat when nothing went out for a while; until the client goes.
net::Task<> run_alert_stream(net::HttpExchange& exchange, Device& device) {
  Device::Listening listening{device, exchange.stream()};
  const bool full = device.faults().on(Fault::sessions_full) &&
                    device.full_answer() == FullAnswer::busy_503 &&
                    device.faults().bites(Fault::sessions_full);
  if (!listening || full) {
    auto sending = reply(exchange, device, refusal(device, isapi::status_busy(exchange.path())));
    co_await std::move(sending);
    co_return;
  }
  auto head = plain_reply(200);
  head.headers.add("Content-Type", multipart::content_type());
  auto writer = co_await exchange.respond_stream(head);
  if (!writer) co_return;
  auto& stream = listening.stream();
  const auto& clock = device.clock();
  auto& faults = device.faults();
  const auto interval = device.settings().heartbeat;
  const auto began = clock.steady();
  auto heartbeat_due = began;
  while (exchange.stream().open()) {
    if (faults.on(Fault::silence)) {
      const auto awake = co_await wait_out_silence(device, exchange.stream());
      if (!awake) co_return;
    }
    const auto end =
        faults.on(Fault::alarm_end) ? began + length_of(faults.amount(Fault::alarm_end)) : kNever;
    const auto due = interval.count() > 0 ? heartbeat_due : kNever;
    if (stream.waiting.empty()) co_await stream.bell.wait(std::min(due, end));
    if (faults.on(Fault::silence)) continue;
    if (clock.steady() >= end && faults.bites(Fault::alarm_end)) co_return;
    if (!stream.waiting.empty()) {
      const auto part = stream.waiting.front();
      stream.waiting.pop_front();
      const auto sent = co_await send_part(*writer, device, *part.text);
      if (!sent) co_return;
      ++part.alarm->sent;
      add(device.counters().alarm_posts);
    } else if (clock.steady() >= due) {
      if (!faults.bites(Fault::no_heartbeat)) {
        const auto part = device.heartbeat();
        const auto sent = co_await send_part(*writer, device, part);
        if (!sent) co_return;
      }
    } else {
      continue;
    }
    heartbeat_due = clock.steady() + interval;
  }
}

}  // namespace

net::Task<> answer_isapi(net::HttpExchange& exchange, Device& device, const Playout& playout,
                         const Clips& clips) {
  if (!device.is_on()) {
    // A connection from before the power went: nobody answers any more.
    auto taken = exchange.take();
    taken.stream.abort();
    co_return;
  }
  const Device::Presence presence{device, exchange.stream()};
  add(device.counters().http_requests);
  const auto awake = co_await wait_out_silence(device, exchange.stream());
  if (!awake) {
    auto taken = exchange.take();  // there is nobody to answer
    co_return;
  }
  if (auto page = answer_instead(device)) {
    auto sending = reply(exchange, device, std::move(*page));
    co_await std::move(sending);
    co_return;
  }
  const auto& request = exchange.request();
  if (device.faults().on(Fault::session_login)) {
    if (auto refused = session_gate(exchange, device)) {
      auto sending = reply(exchange, device, std::move(*refused));
      co_await std::move(sending);
      co_return;
    }
  } else if (auto answered = session_login(exchange, device)) {
    auto sending = reply(exchange, device, std::move(*answered));
    co_await std::move(sending);
    co_return;
  } else if (!has_session(exchange, device)) {
    const auto verdict = device.account().check(Account::Door::http, request.headers.get("Authorization"),
                                                request.method, request.target, device.clock().steady());
    if (verdict != Account::Verdict::ok) {
      auto sending = reply(exchange, device, login_refusal(device, verdict));
      co_await std::move(sending);
      co_return;
    }
  }
  if (device.full_answer() == FullAnswer::login_401 && device.faults().bites(Fault::sessions_full)) {
    auto sending = reply(exchange, device, too_many_sessions(device, exchange.path()));
    co_await std::move(sending);
    co_return;
  }
  if (is(exchange.path(), path::kAlertStream) && request.method == "GET") {
    co_await run_alert_stream(exchange, device);
    co_return;
  }
  auto sending = reply(exchange, device, answer_to(exchange, device, playout, clips));
  co_await std::move(sending);
}

}  // namespace camfleet::sim
