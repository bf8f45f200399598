#include "sim/isapi_site.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/write.h"
#include "proto/multipart/writer.h"
#include "sim/isapi_documents.h"

namespace camfleet::sim {
namespace {

using std::chrono::seconds;
namespace path = isapi::path;

constexpr seconds kWriteTime{30};

// Paths of devices count without case ("Channels").
bool is(std::string_view a, std::string_view b) { return iequals(a, b); }

// What comes behind `prefix` and '/'; nothing where `text` does not begin so.
std::optional<std::string_view> below(std::string_view text, std::string_view prefix) {
  if (text.size() <= prefix.size() || !istarts_with(text, prefix) || text[prefix.size()] != '/')
    return std::nullopt;
  return text.substr(prefix.size() + 1);
}

net::HttpResponse plain(int status) {
  net::HttpResponse response;
  response.status = status;
  response.headers.add("Server", "App-webs/");
  response.headers.add("Connection", "keep-alive");
  return response;
}

net::HttpResponse document(std::string body, int status = 200) {
  auto response = plain(status);
  response.headers.add("Content-Type", "application/xml; charset=\"UTF-8\"");
  response.body = std::move(body);
  return response;
}

net::HttpResponse refusal(const Device& device, const isapi::ResponseStatus& status, int http = 0) {
  return document(isapi::write_response_status(status, device.dialect()),
                  http != 0 ? http : isapi::http_status(status));
}

net::HttpResponse login_refusal(Device& device, Account::Verdict verdict) {
  const auto now = device.clock().steady();
  auto& account = device.account();
  auto response = document(isapi::write_user_check(account.user_check(verdict, now), device.dialect()), 401);
  for (const auto& challenge : account.challenges(Account::Door::http, verdict, now))
    response.headers.add("WWW-Authenticate", challenge);
  return response;
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
  return {};
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

net::HttpResponse picture(const Device& device, const Playout& playout, const Clip& clip) {
  const auto jpeg = clip.picture((playout.round() + device.identity().index) % clip.frames());
  if (!jpeg) return refusal(device, isapi::status_not_supported("picture"));
  auto response = plain(200);
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
      return picture(device, playout, action->stream == 1 ? clips.main : clips.sub);
    if (is(action->action, "requestKeyFrame") && method == "PUT") {
      device.request_key_frame(static_cast<std::uint16_t>(action->channel),
                               static_cast<std::uint8_t>(action->stream));
      return refusal(device, isapi::status_ok(at), 200);
    }
  }
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
  if (!listening) {
    const auto busy = refusal(device, isapi::status_busy(exchange.path()));
    co_await exchange.respond(busy);
    co_return;
  }
  auto head = plain(200);
  head.headers.add("Content-Type", multipart::content_type());
  auto writer = co_await exchange.respond_stream(head);
  if (!writer) co_return;
  auto& stream = listening.stream();
  const auto& clock = device.clock();
  const auto interval = device.settings().heartbeat;
  auto heartbeat_due = clock.steady();
  while (exchange.stream().open()) {
    if (stream.waiting.empty()) co_await stream.bell.wait(interval.count() > 0 ? heartbeat_due : kNever);
    const auto deadline = clock.steady() + kWriteTime;
    if (!stream.waiting.empty()) {
      const auto part = stream.waiting.front();
      stream.waiting.pop_front();
      const auto sent = co_await writer->write(*part, deadline);
      if (!sent) co_return;
      add(device.counters().alarm_posts);
    } else if (interval.count() > 0 && clock.steady() >= heartbeat_due) {
      const auto part = device.heartbeat();
      const auto sent = co_await writer->write(part, deadline);
      if (!sent) co_return;
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
  const auto& request = exchange.request();
  const auto verdict = device.account().check(Account::Door::http, request.headers.get("Authorization"),
                                              request.method, request.target, device.clock().steady());
  if (verdict != Account::Verdict::ok) {
    const auto response = login_refusal(device, verdict);
    co_await exchange.respond(response);
    co_return;
  }
  if (is(exchange.path(), path::kAlertStream) && request.method == "GET") {
    co_await run_alert_stream(exchange, device);
    co_return;
  }
  const auto response = answer_to(exchange, device, playout, clips);
  co_await exchange.respond(response);
}

}  // namespace camfleet::sim
