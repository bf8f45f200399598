#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/log.h"
#include "base/metrics.h"
#include "net/address.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
constexpr auto kPause = 100ms;   // where no descriptor is left
constexpr unsigned kTurn = 32;   // accepts, then others have their turn: a flood must not hold the loop
constexpr auto kLogEvery = 10s;  // one line for all pauses and refusals of that time

Endpoint endpoint_of(const sockaddr_storage& name, socklen_t size) {
  Endpoint endpoint;
  endpoint.resize(size);
  std::memcpy(endpoint.data(), &name, size);
  return endpoint;
}

Error bind_error(int error, const Endpoint& at) {
  const std::string place = "listen on " + to_string(at);
  if (error == EADDRINUSE) return {Code::config_port_in_use, place};
  if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
    return {Code::config_invalid, place + ": not an address of this machine"};
  if (error == EACCES || error == EPERM) return {Code::config_invalid, place + ": not permitted"};
  return error_of_errno(error, place);
}

}  // namespace

struct TcpListener::State {
  State(Executor executor, const ListenerOptions& options)
      : socket(executor), quota(options.limits), line(options.line) {}
  Socket socket;  // listening; only waited on
  ConnectionQuota quota;
  const std::function<int()> line;
  Endpoint local;
  SteadyTime last_log = SteadyTime::min();
  std::uint64_t unlogged = 0;
  unsigned in_a_row = 0;

  void complain(std::string_view what) {
    ++unlogged;
    const auto now = std::chrono::steady_clock::now();
    if (last_log != SteadyTime::min() && now - last_log < kLogEvery) return;
    last_log = now;
    log::warn("net.listener", {{"listener", to_string(local)}, {"what", what}, {"times", unlogged}});
    unlogged = 0;
  }
};

TcpListener::TcpListener(std::unique_ptr<State> state) : state_(std::move(state)) {}
TcpListener::TcpListener(TcpListener&&) noexcept = default;
TcpListener& TcpListener::operator=(TcpListener&&) noexcept = default;
TcpListener::~TcpListener() = default;

Result<TcpListener> TcpListener::bind(Executor executor, const Endpoint& at, const ListenerOptions& options) {
  const int family = at.data()->sa_family;
  Descriptor socket{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!socket) return fail(bind_error(errno, at));
  const int fd = socket.fd();
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (!options.device.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.data(),
                                              static_cast<socklen_t>(options.device.size())) != 0)
    return fail(Code::config_invalid, "device " + options.device);
  if (::bind(fd, at.data(), static_cast<socklen_t>(at.size())) != 0) return fail(bind_error(errno, at));
  if (::listen(fd, options.backlog) != 0) return fail(bind_error(errno, at));

  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return fail(bind_error(errno, at));
  auto state = std::make_unique<State>(executor, options);
  state->local = endpoint_of(name, size);
  ErrorCode error;
  state->socket.assign(state->local.protocol(), fd, error);
  if (error) return fail(bind_error(error.value(), at));
  socket.take_fd();
  return TcpListener{std::move(state)};
}

Endpoint TcpListener::local() const { return state_->local; }

Task<Descriptor> TcpListener::accept() {
  static metrics::Counter& pauses = metrics::counter(
      "camfleet_listener_pauses_total", "Times a listener waited because no descriptor was left.");
  static metrics::Counter& refused =
      metrics::counter("camfleet_listener_refused_total", "Connections closed because of a quota.");
  for (;;) {
    if (++state_->in_a_row % kTurn == 0) co_await asio::post(state_->socket.get_executor(), use_task);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    const int fd = ::accept4(state_->socket.native_handle(), reinterpret_cast<sockaddr*>(&name), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Descriptor accepted{fd};
      if (state_->line && fd >= state_->line()) {
        refused.add();
        state_->complain("descriptors are kept for devices and the API");
        continue;
      }
      auto place = state_->quota.take(normalised(endpoint_of(name, size).address()));
      if (place) co_return Descriptor{accepted.take_fd(), std::move(place)};
      refused.add();
      state_->complain("connection quota");
      continue;
    }
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) {
      co_await state_->socket.async_wait(Socket::wait_read, use_task);
    } else if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
      pauses.add();
      state_->complain("no descriptor is left");
      co_await sleep_for(kPause);
    }
    // Anything else (ECONNABORTED, EINTR, the network errors of accept(2)) belongs to a connection that is
    // gone.
  }
}

Task<> TcpListener::serve(Loops& loops, Handler handler) {
  const auto shared = std::make_shared<const Handler>(std::move(handler));
  for (;;) {
    auto accepted = co_await accept();
    auto& loop = loops.pick();
    loop.post([&loop, shared, accepted = std::move(accepted)]() mutable {
      auto stream = TcpStream::adopt(loop.executor(), std::move(accepted));
      if (stream) (*shared)(loop, std::move(*stream));
    });
  }
}

}  // namespace camfleet::net
