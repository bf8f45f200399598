// GET /api/v1/stream: what happens to the devices, as server-sent events or over a WebSocket.
#include <sys/socket.h>

#include <array>

#include "api/api.h"
#include "api/problem.h"
#include "api/stream_sender.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/task_group.h"
#include "proto/websocket/frame.h"

namespace camfleet::api {
namespace {

constexpr int kSendBuffer = 128 * 1024;          // of the kernel, for one who does not read
constexpr std::size_t kMostFromClient = 16'384;  // it has nothing to say

SteadyTime now() { return system_clock().steady(); }

// The client has nothing to say, so this hears only that it left.
net::Task<> hear_the_end(net::TcpStream& stream, StreamFeed::Subscriber& subscriber) {
  for (std::size_t heard = 0; heard < kMostFromClient;) {
    const auto ready = co_await stream.wait_readable(kNever);
    if (!ready) break;
    std::array<std::uint8_t, 512> bytes{};
    const auto got = stream.try_read(bytes);
    if (!got) break;
    heard += *got;
  }
  subscriber.end(Code::net_closed);
}

// Answers pings, hears pongs and the goodbye.
net::Task<> hear_the_socket(net::WebSocket& socket, StreamFeed::Subscriber& subscriber) {
  for (std::size_t heard = 0;;) {
    auto receiving = socket.receive(kNever);
    const auto message = co_await std::move(receiving);
    if (!message) break;
    heard += message->data.size() + 1;
    if (heard <= kMostFromClient) continue;
    auto closing = socket.close(websocket::CloseCode::policy, "nothing is read here");
    co_await std::move(closing);
    break;
  }
  subscriber.end(Code::net_closed);
}

void tell_end(const Call& call, const Error& why) {
  const bool slow = why.code == Code::net_timeout;
  const char* cause = slow                                  ? "slow"
                      : why.code == Code::fleet_stopping    ? "stopping"
                      : name(why.code).starts_with("auth.") ? "refused"
                                                            : "left";
  metrics::counter("camfleet_stream_ends_total", "Event streams that ended, by cause.", {{"cause", cause}})
      .add();
  if (slow)
    log::warn("api.slow_subscriber", {{"remote", call.from.to_string()}, {"trace_id", call.trace_id}});
}

net::Task<> send_all(StreamSender& sender, net::TaskGroup& hearing, net::Task<> hear, Error& why) {
  hearing.spawn(std::move(hear));
  auto sending = sender.run();
  why = co_await std::move(sending);
}

void bound_buffer(const net::TcpStream& stream) {
  ::setsockopt(stream.native_handle(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

net::Task<Result<>> over_websocket(StreamFeed& feed, StreamFeed::Subscriber& subscriber,
                                   const auth::Gate& gate, Call& call, StreamRequest request) {
  const auto limit = feed.options().write_timeout;
  net::WebSocket::Options options;
  options.limits = {.frame = 4 * 1024, .message = 4 * 1024, .fragments = 16};
  options.write_timeout = limit;
  auto taken = call.exchange.take();
  bound_buffer(taken.stream);
  auto accepting = net::WebSocket::accept(std::move(taken.stream), call.exchange.request(),
                                          std::move(taken.leftover), std::move(options), now() + limit);
  auto accepted = co_await std::move(accepting);
  if (!accepted) co_return fail(accepted.error());
  net::WebSocket socket = std::move(*accepted);
  Error why;
  {
    WebSocketOutlet outlet{socket};
    StreamSender sender{feed, subscriber, gate, call, outlet, std::move(request)};
    net::TaskGroup hearing{socket.stream().executor(), "event socket"};
    auto body = send_all(sender, hearing, hear_the_socket(socket, subscriber), why);
    co_await net::scoped(hearing, std::move(body));
  }
  tell_end(call, why);
  const bool refused = name(why.code).starts_with("auth.");
  auto closing =
      socket.close(refused ? websocket::CloseCode::policy : websocket::CloseCode::going_away, name(why.code));
  co_await std::move(closing);
  co_return Result<>{};
}

net::Task<Result<>> over_sse(StreamFeed& feed, StreamFeed::Subscriber& subscriber, const auth::Gate& gate,
                             Call& call, StreamRequest request) {
  net::HttpResponse head;
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");  // a proxy that collects would make it late
  head.headers.set("Connection", "close");
  add_common_headers(head, call.trace_id);
  auto& socket = call.exchange.stream();
  bound_buffer(socket);
  auto responding = call.exchange.respond_stream(head);
  auto writer = co_await std::move(responding);
  if (!writer) co_return fail(writer.error());
  if (call.exchange.request().method == "HEAD") co_return co_await writer->finish(kNever);

  Error why;
  {
    SseOutlet outlet{*writer};
    StreamSender sender{feed, subscriber, gate, call, outlet, std::move(request)};
    net::TaskGroup hearing{socket.executor(), "event stream"};
    auto body = send_all(sender, hearing, hear_the_end(socket, subscriber), why);
    co_await net::scoped(hearing, std::move(body));
  }
  tell_end(call, why);
  if (name(why.code).starts_with("net.")) co_return fail(why);  // without an end: it is cut
  co_return co_await writer->finish(now() + feed.options().write_timeout);
}

net::Task<Result<>> stream(StreamFeed& feed, const auth::Gate& gate, Call& call) {
  auto request = read_stream_request(call, feed.log(), feed.ledger());
  if (!request) co_return fail(request.error());
  const bool upgrade = call.exchange.request().headers.has_token("Upgrade", "websocket");
  if (upgrade)
    if (const auto good = websocket::accept_upgrade(call.exchange.request()); !good)
      co_return fail(Code::api_bad_request, good.error().place);
  auto subscribed = feed.subscribe();
  if (!subscribed) co_return fail(subscribed.error());
  auto& subscriber = **subscribed;
  auto streaming = upgrade ? over_websocket(feed, subscriber, gate, call, std::move(*request))
                           : over_sse(feed, subscriber, gate, call, std::move(*request));
  co_return co_await std::move(streaming);
}

}  // namespace

void Api::add_stream() {
  router_.add({"GET", "/api/v1/stream", "stream", Access::view,
               [this](Call& call) { return stream(feed_, parts_.gate, call); }},
              Reach::devices);
}

}  // namespace camfleet::api
