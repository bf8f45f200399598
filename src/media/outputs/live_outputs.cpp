#include "media/outputs/live_outputs.h"

#include <atomic>
#include <vector>

#include "base/log.h"
#include "media/outputs/http_play.h"
#include "media/outputs/packagers.h"
#include "media/outputs/viewer_trace.h"
#include "media/outputs/ws_play.h"
#include "net/address.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::media {
namespace {

constexpr std::chrono::seconds kSweep{1};
constexpr std::chrono::seconds kHandshake{10};

SteadyTime now() { return system_clock().steady(); }

void log_end(std::string_view output, const std::string& remote, const model::StreamKey& key,
             const Error& why) {
  log::info(
      "media.viewer_left",
      {{"output", output}, {"remote", remote}, {"stream", model::to_text(key)}, {"code", name(why.code)}});
}

}  // namespace

// Shared with the posts that carry a connection from one loop to another.
struct LiveOutputs::Inner : std::enable_shared_from_this<Inner> {
  // A connection on its way to the loop of its stream.
  struct Arrival {
    net::Descriptor socket;
    std::string leftover;
    net::HttpRequest request;  // of a WebSocket
    net::HttpHeaders headers;  // for an answer
    model::StreamKey key;
    Form form = Form::mp4;
    model::Grant grant;
    ViewerTrace trace;
    std::shared_ptr<std::atomic<std::size_t>> viewers;  // counts this one
    ~Arrival() {
      if (viewers) viewers->fetch_sub(1);
    }
    Arrival() = default;
    Arrival(Arrival&&) = default;
    Arrival& operator=(Arrival&&) = delete;
  };

  Inner(net::Loops& l, Hubs& h, const model::LiveGate& g, LiveSettings s)
      : loops(l), hubs(h), gate(g), settings(s), tasks(l, "live") {
    for (std::size_t i = 0; i < l.size(); ++i)
      packagers.push_back(std::make_unique<Packagers>(h, l.at(i), s.packager_idle));
  }

  Result<Arrival> admit(SteadyTime began, model::StreamKey key, Form form, model::Grant grant);
  void hand_over(net::HttpExchange& exchange, Arrival arrival, net::Loop& to,
                 net::Task<> (*serve)(std::shared_ptr<Inner>, net::Loop&, Arrival));
  net::Task<> sweep(net::Loop& loop);
  net::Task<> prepare(net::Loop& loop, model::StreamKey key, Form form, Result<>& out);
  static net::Task<> serve_http(std::shared_ptr<Inner> self, net::Loop& loop, Arrival arrival);
  static net::Task<> serve_ws(std::shared_ptr<Inner> self, net::Loop& loop, Arrival arrival);
  static net::Task<> listen(net::WebSocket& socket);
  static net::Task<> talk(Inner& self, net::Loop& loop, Arrival& arrival, net::WebSocket& socket,
                          net::TaskGroup& receiver, const std::string& remote, Error& why);
  static net::Task<> clear(Packagers& packagers);

  net::Loops& loops;
  Hubs& hubs;
  const model::LiveGate& gate;
  const LiveSettings settings;
  struct Metrics {
    OutputMetrics http;
    OutputMetrics ws;
  };
  Metrics mp4{OutputMetrics{"mp4"}, OutputMetrics{"ws"}};
  Metrics flv{OutputMetrics{"flv"}, OutputMetrics{"ws-flv"}};
  Metrics ts{OutputMetrics{"ts"}, OutputMetrics{"ws-ts"}};
  Metrics& metrics_of(Form form) { return form == Form::mp4 ? mp4 : form == Form::ts ? ts : flv; }
  std::shared_ptr<std::atomic<std::size_t>> viewers = std::make_shared<std::atomic<std::size_t>>(0);
  std::vector<std::unique_ptr<Packagers>> packagers;  // by loop
  net::LoopGroups tasks;
};

net::Task<> LiveOutputs::Inner::sweep(net::Loop& loop) {
  for (;;) {
    co_await net::sleep_for(kSweep);
    packagers[loop.index()]->sweep(now());
  }
}

Result<LiveOutputs::Inner::Arrival> LiveOutputs::Inner::admit(SteadyTime began, model::StreamKey key,
                                                              Form form, model::Grant grant) {
  if (settings.full && settings.full()) return fail(Code::media_viewers_full);
  Arrival arrival;
  if (viewers->fetch_add(1) >= settings.max_viewers) {
    viewers->fetch_sub(1);
    return fail(Code::api_overloaded, "viewers");
  }
  arrival.viewers = viewers;
  arrival.key = std::move(key);
  arrival.form = form;
  arrival.grant = std::move(grant);
  arrival.trace.accepted = began;
  arrival.trace.authorised = now();  // the router let it through just now
  return arrival;
}

void LiveOutputs::Inner::hand_over(net::HttpExchange& exchange, Arrival arrival, net::Loop& to,
                                   net::Task<> (*serve)(std::shared_ptr<Inner>, net::Loop&, Arrival)) {
  auto taken = exchange.take();
  arrival.socket = taken.stream.release();
  arrival.leftover = std::move(taken.leftover);
  to.post([self = shared_from_this(), &to, serve, arrival = std::move(arrival)]() mutable {
    self->tasks.on(to).spawn(serve(self, to, std::move(arrival)));
  });
}

net::Task<> LiveOutputs::Inner::prepare(net::Loop& loop, model::StreamKey key, Form form, Result<>& out) {
  const auto packager = co_await packagers[loop.index()]->open(std::move(key), form);
  if (!packager) out = fail(packager.error());
}

net::Task<> LiveOutputs::Inner::serve_http(std::shared_ptr<Inner> self, net::Loop& loop, Arrival arrival) {
  auto stream = net::TcpStream::adopt(loop.executor(), std::move(arrival.socket));
  if (!stream) co_return;
  const auto remote = net::to_string(stream->remote());
  // It was there a moment ago, so this does not wait.
  auto packager = co_await self->packagers[loop.index()]->open(arrival.key, arrival.form);
  if (!packager)
    co_return log_end(self->metrics_of(arrival.form).http.name, remote, arrival.key, packager.error());
  arrival.trace.played = now();
  Watching watching{std::move(*packager),
                    loop.executor(),
                    self->hubs.settings(),
                    self->gate,
                    arrival.grant,
                    self->settings.recheck,
                    self->metrics_of(arrival.form).http,
                    arrival.trace,
                    remote};
  const Error why = co_await play_http(*stream, std::move(arrival.headers), watching);
  log_end(self->metrics_of(arrival.form).http.name, remote, arrival.key, why);
}

// Answers pings and finds out when the client leaves; closes the socket, which ends the sender too.
net::Task<> LiveOutputs::Inner::listen(net::WebSocket& socket) {
  for (;;) {
    const auto message = co_await socket.receive(kNever);
    if (!message) break;
  }
  socket.stream().close();
}

net::Task<> LiveOutputs::Inner::talk(Inner& self, net::Loop& loop, Arrival& arrival, net::WebSocket& socket,
                                     net::TaskGroup& receiver, const std::string& remote, Error& why) {
  receiver.spawn(listen(socket));
  auto packager = co_await self.packagers[loop.index()]->open(arrival.key, arrival.form);
  if (!packager) {
    why = packager.error();
  } else {
    arrival.trace.opened = arrival.trace.played = now();
    Watching watching{std::move(*packager),
                      loop.executor(),
                      self.hubs.settings(),
                      self.gate,
                      arrival.grant,
                      self.settings.recheck,
                      self.metrics_of(arrival.form).ws,
                      arrival.trace,
                      remote};
    auto playing =
        arrival.form == Form::mp4 ? play_ws_mp4(socket, watching) : play_ws_plain(socket, watching);
    why = co_await std::move(playing);
  }
  if (socket.open()) co_await say_why(socket, why, arrival.form == Form::mp4);
}

net::Task<> LiveOutputs::Inner::serve_ws(std::shared_ptr<Inner> self, net::Loop& loop, Arrival arrival) {
  auto stream = net::TcpStream::adopt(loop.executor(), std::move(arrival.socket));
  if (!stream) co_return;
  const auto remote = net::to_string(stream->remote());
  net::WebSocket::Options options;
  auto accepted = co_await net::WebSocket::accept(std::move(*stream), arrival.request,
                                                  std::move(arrival.leftover), options, now() + kHandshake);
  if (!accepted) co_return;
  net::WebSocket socket = std::move(*accepted);
  Error why{Code::net_closed, {}, 0};
  net::TaskGroup receiver{loop.executor(), "live ws"};
  auto body = talk(*self, loop, arrival, socket, receiver, remote, why);
  co_await net::scoped(receiver, std::move(body));
  log_end(self->metrics_of(arrival.form).ws.name, remote, arrival.key, why);
}

net::Task<> LiveOutputs::Inner::clear(Packagers& packagers) {
  packagers.clear();
  co_return;
}

LiveOutputs::LiveOutputs(net::Loops& loops, Hubs& hubs, const model::LiveGate& gate, LiveSettings settings)
    : inner_(std::make_shared<Inner>(loops, hubs, gate, settings)) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    net::Loop& loop = loops.at(i);
    loop.post([inner = inner_, &loop] { inner->tasks.on(loop).spawn(inner->sweep(loop)); });
  }
}

LiveOutputs::~LiveOutputs() = default;

net::Task<Result<>> LiveOutputs::serve_http(net::HttpExchange& exchange, model::StreamKey key, Form form,
                                            model::Grant grant, net::HttpHeaders headers) {
  const auto inner = inner_;
  const auto loop = inner->hubs.loop_of(key);
  if (!loop) co_return fail(loop.error());
  auto arrival = inner->admit(exchange.began(), key, form, std::move(grant));
  if (!arrival) co_return fail(arrival.error());
  arrival->headers = std::move(headers);
  Result<> ready;
  auto prepare = inner->prepare(**loop, key, form, ready);
  co_await net::run_on((*loop)->executor(), std::move(prepare));
  if (!ready) co_return fail(ready.error());
  arrival->trace.opened = now();
  inner->hand_over(exchange, std::move(*arrival), **loop, &Inner::serve_http);
  co_return Result<>{};
}

net::Task<Result<>> LiveOutputs::serve_ws(net::HttpExchange& exchange, model::StreamKey key, Form form,
                                          model::Grant grant) {
  const auto inner = inner_;
  const auto loop = inner->hubs.loop_of(key);
  if (!loop) co_return fail(loop.error());
  const auto upgrade = websocket::accept_upgrade(exchange.request());
  if (!upgrade) co_return fail(Code::api_bad_request, upgrade.error().place);
  auto arrival = inner->admit(exchange.began(), std::move(key), form, std::move(grant));
  if (!arrival) co_return fail(arrival.error());
  arrival->request = exchange.request();
  inner->hand_over(exchange, std::move(*arrival), **loop, &Inner::serve_ws);
  co_return Result<>{};
}

net::Task<> LiveOutputs::stop() {
  const auto inner = inner_;
  co_await inner->tasks.stop();
  auto clearing = net::run_on_all(
      inner->loops, [inner](net::Loop& loop) { return Inner::clear(*inner->packagers[loop.index()]); });
  co_await std::move(clearing);
}

void LiveOutputs::stop_and_wait() { net::block_on(inner_->loops.at(0).executor(), stop()); }

}  // namespace camfleet::media
