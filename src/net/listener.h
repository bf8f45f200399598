#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/asio.h"
#include "net/descriptor.h"
#include "net/loop.h"
#include "net/quota.h"
#include "net/tcp.h"

namespace camfleet::net {

struct ListenerOptions {
  int backlog = 1024;
  ConnectionQuota::Limits limits;
  // Connections whose descriptor has this number or a higher one are closed: what is past it is kept for
  // others. Asked at each, on the loop; empty: none.
  std::function<int()> line;
  // SO_BINDTODEVICE: with "lo", 0.0.0.0 is all of 127/8 and nothing else.
  std::string device;
};

// A bound, listening socket on one loop. Connections past the quota are closed as they come. Where no
// descriptor is left it pauses (100 ms, no busy loop) and goes on: camfleet_listener_pauses_total,
// camfleet_listener_refused_total.
class TcpListener {
 public:
  // config.port_in_use, net.no_descriptors, config.invalid (an address that is not ours), net.io.
  static Result<TcpListener> bind(Executor executor, const Endpoint& at, const ListenerOptions& options = {});
  TcpListener(TcpListener&&) noexcept;
  TcpListener& operator=(TcpListener&&) noexcept;
  ~TcpListener();

  // With the port that the kernel chose, where 0 was asked for.
  Endpoint local() const;

  // The next connection, on no loop yet. Waits for ever; throws when cancelled.
  Task<Descriptor> accept();

  // Accepts until cancelled and hands each connection to `loops` in turn; `handler` is called on that loop
  // and must not wait. The listener and the handler outlive the loops' tasks: stop this task first.
  using Handler = std::function<void(Loop&, TcpStream)>;
  Task<> serve(Loops& loops, Handler handler);

 private:
  struct State;
  explicit TcpListener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace camfleet::net
