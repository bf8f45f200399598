#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/asio.h"
#include "net/descriptor.h"

namespace camfleet::net {

class TlsSession;

// A connected TCP socket on one loop, in plain text or, from start_tls() on, in TLS: the rest of this page is
// the same for both. Each operation tries the system call first and waits only where that would block, so an
// idle connection holds no buffer.
//
// One reader and one writer at a time, each with its own deadline. Both share at most one timer, which is
// made when the first finite deadline has to wait and is left armed at the earlier time: reading with ever
// later deadlines costs no timer call. Errors: net.timeout, net.closed (end of stream, or close() meanwhile),
// net.reset (also an end of TLS that nobody announced: what was read may be cut), net.refused,
// net.unreachable, net.no_descriptors, net.io. A cancelled wait throws; the stream can still be used for
// reading, but a write that was cut short leaves the protocol above in an unknown place.
//
// The stream outlives its operations; close() may be called while they wait. An empty stream answers
// net.closed.
class TcpStream {
 public:
  TcpStream();
  TcpStream(TcpStream&&) noexcept;
  TcpStream& operator=(TcpStream&&) noexcept;
  ~TcpStream();  // closes

  // A new connection on the caller's loop, with TCP_NODELAY, keep-alive and TCP_USER_TIMEOUT of 30 s.
  static Task<Result<TcpStream>> connect(Endpoint to, Deadline deadline);
  // A connected socket that comes from another loop, or from accept; to be called on the loop of `executor`.
  static Result<TcpStream> adopt(Executor executor, Descriptor descriptor);
  // Takes the socket off its loop; nothing may be waiting. The stream is empty afterwards.
  Descriptor release();

  // TlsClient and TlsServer (net/tls.h) call it: shakes hands; from then on everything goes through the
  // session. tls.handshake_failed, tls.certificate_refused, net.*; the stream is then closed.
  Task<Result<>> start_tls(std::unique_ptr<TlsSession> session, Deadline deadline);
  bool secure() const;

  // At least one byte. net.closed at the end of the stream.
  Task<Result<std::size_t>> read_some(std::span<std::uint8_t> into, Deadline deadline);
  // All of `parts`, in one gathered call where the socket takes them. What they view must live until this
  // returns.
  Task<Result<>> write(std::span<const ByteView> parts, Deadline deadline);
  Task<Result<>> write(ByteView bytes, Deadline deadline);
  Task<Result<>> write(std::string_view text, Deadline deadline);
  // Until a read would not block: there are bytes, the end, or an error.
  Task<Result<>> wait_readable(Deadline deadline);
  // Until a write would not block.
  Task<Result<>> wait_writable(Deadline deadline);

  // Without waiting. 0: the socket would block. For hot paths; pair them with wait_readable() and
  // wait_writable().
  Result<std::size_t> try_read(std::span<std::uint8_t> into);
  Result<std::size_t> try_write(std::span<const ByteView> parts);

  // Sends our end of stream (TLS: close_notify).
  void shutdown();
  void close();
  // As close(), but the other side gets a reset at once and nothing lingers.
  void abort();
  bool open() const;
  explicit operator bool() const { return open(); }

  Endpoint local() const;  // empty where the socket is closed
  Endpoint remote() const;
  int native_handle() const;  // -1 where closed
  Executor executor() const;

 private:
  struct State;
  explicit TcpStream(std::shared_ptr<State> state);
  void end();
  std::shared_ptr<State> state_;
};

// What errno means to us; `place` becomes the error's place.
Error error_of_errno(int error, std::string place = {});

}  // namespace camfleet::net
