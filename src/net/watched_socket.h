#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "net/descriptor.h"
#include "net/readable_watch.h"

namespace camfleet::net {

// A connected socket in plain text that brings something many times a second: instead of waiting, its owner
// is called each time there is something to read (ReadableWatch). Takes the socket of a TcpStream, which can
// have it back afterwards. One loop, which outlives it.
class WatchedSocket {
 public:
  WatchedSocket() = default;
  WatchedSocket(WatchedSocket&&) noexcept = default;
  WatchedSocket& operator=(WatchedSocket&&) noexcept = default;

  // net.closed for an empty descriptor or one with TLS; net.no_descriptors, net.io. The socket is closed
  // then.
  static Result<WatchedSocket> start(Executor executor, Descriptor socket, ReadableWatch::Fn fn, void* self);

  // Without waiting. 0: the socket would block. Errors as TcpStream has them.
  Result<std::size_t> try_read(std::span<std::uint8_t> into);
  Result<std::size_t> try_write(ByteView bytes);
  // Another call, in a turn of its own: a read did not come short, and others of the loop want their turn.
  void again() { watch_.again(); }

  // No call comes any more.
  Descriptor release();
  explicit operator bool() const { return static_cast<bool>(socket_); }

 private:
  Descriptor socket_;
  ReadableWatch watch_;  // ends before the descriptor is closed
};

}  // namespace camfleet::net
