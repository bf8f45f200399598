#pragma once
// Two ends of one TCP connection over loopback, for tests.
#include <utility>

#include "net/listener.h"
#include "net/tcp.h"

namespace camfleet::net::testing {

struct Pair {
  TcpStream client;
  TcpStream server;
};

inline Endpoint loopback(std::uint16_t port = 0) { return {asio::ip::address_v4::loopback(), port}; }

inline Task<Pair> connected_pair() {
  const Executor executor = co_await asio::this_coro::executor;
  const Endpoint any = loopback();
  const ListenerOptions options;
  auto listener = TcpListener::bind(executor, any, options).value();
  Pair pair;
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  auto client = co_await TcpStream::connect(listener.local(), deadline);
  pair.client = std::move(client.value());
  auto accepted = co_await listener.accept();
  pair.server = TcpStream::adopt(executor, std::move(accepted)).value();
  co_return pair;
}

}  // namespace camfleet::net::testing
