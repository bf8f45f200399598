#include "net/http_server.h"

#include <array>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "net/http_session.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

constexpr auto kDrainLook = std::chrono::milliseconds{10};

}  // namespace

struct HttpServer::Listening {
  explicit Listening(TcpListener l) : listener(std::move(l)) {}
  TcpListener listener;
};

HttpServer::HttpServer(Loops& loops, HttpHandler handler, HttpLimits limits, HttpErrorHook on_error,
                       TlsPolicy tls)
    : loops_(loops),
      handler_(std::move(handler)),
      limits_(std::move(limits)),
      on_error_(on_error ? std::move(on_error) : default_http_error),
      tls_(tls),
      groups_(loops, "http"),
      accepting_(loops, "http listeners") {}

HttpServer::~HttpServer() = default;

Result<Endpoint> HttpServer::listen(const Endpoint& at, const ListenerOptions& options) {
  auto& loop = loops_.at(listening_.size() % loops_.size());
  auto listener = TcpListener::bind(loop.executor(), at, options);
  if (!listener) return fail(listener.error());
  auto& here = *listening_.emplace_back(std::make_unique<Listening>(std::move(*listener)));
  loop.post([this, &loop, &here] {
    auto hand = [this](Loop& its, TcpStream stream) { serve(its, std::move(stream)); };
    accepting_.on(loop).spawn(here.listener.serve(loops_, std::move(hand)));
  });
  return here.listener.local();
}

void HttpServer::serve(Loop& loop, TcpStream stream) {
  groups_.on(loop).spawn(HttpSession::run(std::move(stream), handler_, limits_, on_error_, tls_, busy_));
}

Task<> HttpServer::drain(Deadline deadline) {
  co_await accepting_.stop();
  listening_.clear();
  while (busy_ > 0 && std::chrono::steady_clock::now() < deadline) co_await sleep_for(kDrainLook);
}

Task<> HttpServer::stop() {
  co_await accepting_.stop();
  co_await groups_.stop();
  listening_.clear();
}

void HttpServer::stop_and_wait() { block_on(loops_.at(0).executor(), stop()); }

}  // namespace camfleet::net
