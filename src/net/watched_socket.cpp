#include "net/watched_socket.h"

#include <sys/socket.h>

#include <cerrno>

#include "net/tcp.h"
#include "net/tls_session.h"

namespace camfleet::net {
namespace {

// What a call of the socket came to: 0 where it would block.
Result<std::size_t> outcome(ssize_t done) {
  if (done >= 0) return static_cast<std::size_t>(done);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  return fail(error_of_errno(errno));
}

}  // namespace

Result<WatchedSocket> WatchedSocket::start(Executor executor, Descriptor socket, ReadableWatch::Fn fn,
                                           void* self) {
  if (!socket) return fail(Code::net_closed);
  if (auto tls = socket.take_tls()) return fail(Code::net_closed, "TLS");
  auto watch = ReadableWatch::start(std::move(executor), socket.fd(), fn, self);
  if (!watch) return fail(std::move(watch.error()));
  WatchedSocket out;
  out.socket_ = std::move(socket);
  out.watch_ = std::move(*watch);
  return out;
}

Result<std::size_t> WatchedSocket::try_read(std::span<std::uint8_t> into) {
  ssize_t got = -1;
  do got = ::recv(socket_.fd(), into.data(), into.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got == 0) return fail(Code::net_closed);
  return outcome(got);
}

Result<std::size_t> WatchedSocket::try_write(ByteView bytes) {
  ssize_t sent = -1;
  do sent = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return outcome(sent);
}

Descriptor WatchedSocket::release() {
  watch_.stop();
  return std::move(socket_);
}

}  // namespace camfleet::net
