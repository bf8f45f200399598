#include "net/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/address.h"
#include "net/tls_session.h"

namespace camfleet::net {
namespace {

constexpr unsigned kUserTimeoutMs = 30'000;
constexpr int kKeepIdleS = 15;
constexpr int kKeepIntervalS = 5;
constexpr int kKeepProbes = 3;
constexpr std::uint16_t kTurn = 32;    // operations in a row without a wait, then others have their turn
constexpr std::size_t kMaxParts = 64;  // of one sendmsg; more parts take more calls

template <class T>
void set_option(int fd, int level, int name, T value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

// A peer that lost its power is noticed within 30 s, whether we send or listen.
void set_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleS);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalS);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

Task<Result<>> closed() { co_return fail(Code::net_closed); }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

// `skip` bytes of parts[0] are out already. Not in the coroutine that waits: the vectors would stay in its
// frame.
Result<std::size_t> send_plain(const TcpStream& stream, std::span<const ByteView> parts, std::size_t skip) {
  std::array<iovec, kMaxParts> vectors;
  const std::size_t count = std::min(parts.size(), kMaxParts);
  for (std::size_t i = 0; i < count; ++i)
    vectors[i] = {const_cast<std::uint8_t*>(parts[i].data()), parts[i].size()};
  if (count > 0) {
    vectors[0].iov_base = static_cast<char*>(vectors[0].iov_base) + skip;
    vectors[0].iov_len -= skip;
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  for (;;) {
    const auto sent = ::sendmsg(stream.native_handle(), &message, MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (would_block(errno)) return 0;
    if (errno != EINTR) return fail(error_of_errno(errno));
  }
}

}  // namespace

Error error_of_errno(int error, std::string place) {
  const auto of = [&](Code code) { return Error{code, std::move(place)}; };
  switch (error) {
    case ECONNREFUSED:
      return of(Code::net_refused);
    case ECONNRESET:
    case ECONNABORTED:
      return of(Code::net_reset);
    case EPIPE:
    case ENOTCONN:
    case EBADF:
      return of(Code::net_closed);
    case ETIMEDOUT:
      return of(Code::net_timeout);
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EACCES:  // `ip route add prohibit`, a firewall's rule
    case EPERM:
      return of(Code::net_unreachable);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:  // no ephemeral port
      return of(Code::net_no_descriptors);
    default:
      place += place.empty() ? "" : ": ";
      place += std::strerror(error);
      return of(Code::net_io);
  }
}

struct TcpStream::State : std::enable_shared_from_this<State> {
  explicit State(Executor executor) : socket(executor) {}

  Socket socket;
  ConnectionQuota::Place place;
  std::unique_ptr<TlsSession> tls;  // null: plain text
  std::unique_ptr<Timer> timer;     // from the first finite deadline that had to wait
  SteadyTime armed = kNever;        // when the timer fires; never later than the deadlines below
  Deadline reading = kNever;        // of the wait that goes on now
  Deadline writing = kNever;
  std::uint16_t in_a_row = 0;  // operations that did not wait
  bool drained = false;        // the last read took all there was, so the next one would block

  Result<std::size_t> send(const TcpStream& stream, std::span<const ByteView> parts, std::size_t skip) {
    return tls ? tls->write(parts, skip) : send_plain(stream, parts, skip);
  }

  // A peer that is always ready must not keep the loop from everybody else.
  bool greedy() { return ++in_a_row % kTurn == 0; }

  void arm() {
    const auto next = std::min(reading, writing);
    if (next >= armed) return;
    if (!timer) timer = std::make_unique<Timer>(socket.get_executor());
    timer->expires_at(next);
    armed = next;
    timer->async_wait([weak = weak_from_this()](const ErrorCode& error) {
      if (error) return;
      if (const auto self = weak.lock()) self->fired();
    });
  }

  // Both waits wake; the one that is not late waits again.
  void fired() {
    armed = kNever;
    if (std::min(reading, writing) <= std::chrono::steady_clock::now()) {
      ErrorCode ignored;
      socket.cancel(ignored);
    } else {
      arm();
    }
  }

  Task<Result<>> wait(Socket::wait_type what, Deadline deadline) {
    if (tls && what == Socket::wait_read && tls->buffered()) co_return Result<>{};
    const auto keep = shared_from_this();
    Deadline& mine = what == Socket::wait_read ? reading : writing;
    struct Waiting {
      Deadline& mine;
      ~Waiting() { mine = kNever; }
    } waiting{mine};
    while (socket.is_open()) {
      if (deadline != kNever) {
        if (std::chrono::steady_clock::now() >= deadline) co_return fail(Code::net_timeout);
        mine = deadline;
        arm();
      }
      // Where this task was cancelled, the next turn's co_await throws.
      const auto [error] = co_await socket.async_wait(what, as_result);
      in_a_row = 0;
      if (what == Socket::wait_read) drained = false;
      if (!error) co_return Result<>{};
      if (error != asio::error::operation_aborted) co_return fail(error_of_errno(error.value()));
    }
    co_return fail(Code::net_closed);
  }
};

TcpStream::TcpStream() = default;
TcpStream::TcpStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
TcpStream::TcpStream(TcpStream&&) noexcept = default;
TcpStream& TcpStream::operator=(TcpStream&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}
TcpStream::~TcpStream() { close(); }

Task<Result<TcpStream>> TcpStream::connect(Endpoint to, Deadline deadline) {
  // errno is an argument by value here: making the text of the address resets it.
  const auto failed = [&to](int error) { return fail(error_of_errno(error, "connect to " + to_string(to))); };
  const Executor executor = co_await asio::this_coro::executor;
  Descriptor socket{::socket(to.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!socket) co_return failed(errno);
  const int fd = socket.fd();
  const bool connected = ::connect(fd, to.data(), static_cast<socklen_t>(to.size())) == 0;
  if (!connected && errno != EINPROGRESS) co_return failed(errno);
  auto stream = adopt(executor, std::move(socket));
  if (!stream || connected) co_return stream;

  const auto ready = co_await stream->wait_writable(deadline);
  if (!ready) co_return fail(ready.error().code, "connect to " + to_string(to));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) co_return failed(error);
  co_return stream;
}

Result<TcpStream> TcpStream::adopt(Executor executor, Descriptor descriptor) {
  auto state = std::make_shared<State>(executor);
  const int fd = descriptor.fd();
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return fail(error_of_errno(errno));
  ErrorCode error;
  state->socket.assign(name.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd, error);
  if (error) return fail(error_of_errno(error.value()));
  descriptor.take_fd();
  state->place = descriptor.take_place();
  state->tls = descriptor.take_tls();
  state->socket.native_non_blocking(true, error);
  if (error) return fail(error_of_errno(error.value()));
  set_options(fd);
  return TcpStream{std::move(state)};
}

Descriptor TcpStream::release() {
  if (!open()) return {};
  auto state = std::exchange(state_, nullptr);
  ErrorCode error;
  const int fd = state->socket.release(error);
  if (error) return {};
  return Descriptor{fd, std::move(state->place), std::move(state->tls)};
}

Task<Result<>> TcpStream::start_tls(std::unique_ptr<TlsSession> session, Deadline deadline) {
  if (!open()) co_return fail(Code::net_closed);
  const auto state = state_;
  for (;;) {
    // Closed meanwhile: the number of the descriptor may be another connection's by now.
    if (!state->socket.is_open()) co_return fail(Code::net_closed);
    const auto step = session->handshake();
    if (!step) {
      close();
      co_return fail(step.error());
    }
    if (*step == TlsSession::Step::done) break;
    const auto what = *step == TlsSession::Step::wants_read ? Socket::wait_read : Socket::wait_write;
    const auto ready = co_await state->wait(what, deadline);
    if (!ready) {
      close();
      co_return fail(ready.error().code, "TLS handshake");
    }
  }
  state->tls = std::move(session);
  state->drained = false;
  co_return Result<>{};
}

bool TcpStream::secure() const { return state_ && state_->tls; }

Task<Result<std::size_t>> TcpStream::read_some(std::span<std::uint8_t> into, Deadline deadline) {
  if (state_ && state_->greedy()) co_await asio::post(executor(), use_task);
  for (;;) {
    if (open() && state_->drained && std::chrono::steady_clock::now() < deadline) {
      const auto ready = co_await state_->wait(Socket::wait_read, deadline);
      if (!ready) co_return fail(ready.error());
    }
    auto got = try_read(into);
    if (!got || *got > 0) co_return got;
    const auto ready = co_await state_->wait(Socket::wait_read, deadline);
    if (!ready) co_return fail(ready.error());
  }
}

Task<Result<>> TcpStream::write(std::span<const ByteView> parts, Deadline deadline) {
  if (state_ && state_->greedy()) co_await asio::post(executor(), use_task);
  std::size_t skip = 0;  // bytes of parts[0] that are out
  for (;;) {
    while (!parts.empty() && skip >= parts[0].size()) {
      skip -= parts[0].size();
      parts = parts.subspan(1);
    }
    if (parts.empty()) co_return Result<>{};

    if (!open()) co_return fail(Code::net_closed);
    const auto sent = state_->send(*this, parts, skip);
    if (!sent) co_return fail(sent.error());
    skip += *sent;
    if (*sent > 0) continue;
    const auto ready = co_await state_->wait(Socket::wait_write, deadline);
    if (!ready) co_return fail(ready.error());
  }
}

Task<Result<>> TcpStream::write(ByteView bytes, Deadline deadline) {
  if (state_ && state_->greedy()) co_await asio::post(executor(), use_task);
  while (!bytes.empty()) {
    const auto sent = try_write({&bytes, 1});
    if (!sent) co_return fail(sent.error());
    bytes = bytes.subspan(*sent);
    if (*sent > 0) continue;
    const auto ready = co_await state_->wait(Socket::wait_write, deadline);
    if (!ready) co_return fail(ready.error());
  }
  co_return Result<>{};
}

Task<Result<>> TcpStream::write(std::string_view text, Deadline deadline) {
  return write(as_bytes(text), deadline);
}

// A frame less for each wait: streams do it at every frame of theirs.
Task<Result<>> TcpStream::wait_readable(Deadline deadline) {
  return state_ ? state_->wait(Socket::wait_read, deadline) : closed();
}

Task<Result<>> TcpStream::wait_writable(Deadline deadline) {
  return state_ ? state_->wait(Socket::wait_write, deadline) : closed();
}

Result<std::size_t> TcpStream::try_read(std::span<std::uint8_t> into) {
  if (!open()) return fail(Code::net_closed);
  if (state_->tls) return state_->tls->read(into);
  for (;;) {
    const auto got = ::recv(native_handle(), into.data(), into.size(), 0);
    state_->drained = got < static_cast<ssize_t>(into.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(Code::net_closed);
    if (would_block(errno)) return 0;
    if (errno != EINTR) return fail(error_of_errno(errno));
  }
}

Result<std::size_t> TcpStream::try_write(std::span<const ByteView> parts) {
  if (!open()) return fail(Code::net_closed);
  return state_->send(*this, parts, 0);
}

void TcpStream::shutdown() {
  if (!open()) return;
  if (state_->tls) state_->tls->shutdown();
  ErrorCode ignored;
  state_->socket.shutdown(Socket::shutdown_send, ignored);
}

void TcpStream::close() {
  if (!open()) return;
  if (state_->tls) state_->tls->shutdown();
  end();
}

void TcpStream::abort() {
  if (!open()) return;
  set_option(native_handle(), SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
  end();
}

// What waits still uses the session's memory, so that stays until the stream ends.
void TcpStream::end() {
  ErrorCode ignored;
  state_->socket.close(ignored);
  state_->place = {};
}

bool TcpStream::open() const { return state_ && state_->socket.is_open(); }

Endpoint TcpStream::local() const {
  ErrorCode error;
  return open() ? state_->socket.local_endpoint(error) : Endpoint{};
}

Endpoint TcpStream::remote() const {
  ErrorCode error;
  return open() ? state_->socket.remote_endpoint(error) : Endpoint{};
}

int TcpStream::native_handle() const { return open() ? state_->socket.native_handle() : -1; }

Executor TcpStream::executor() const { return state_->socket.get_executor(); }

}  // namespace camfleet::net
