#include "socket.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

namespace camfleet::standin {
namespace {
using std::chrono::milliseconds;

bool wait_for(int fd, short what, milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() < 0) return false;
    pollfd one{fd, what, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// Devices sign their certificates themselves, and byVerifyMode 0 asks for none.
SSL_CTX* client() {
  static SSL_CTX* one = [] {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    auto* made = ::SSL_CTX_new(TLS_client_method());
    ::SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    ::SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  }();
  return one;
}

// What an unfinished step of TLS waits for; 0: it failed.
short wanted(SSL* tls, int result) {
  switch (::SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
      return POLLIN;
    case SSL_ERROR_WANT_WRITE:
      return POLLOUT;
    default:
      return 0;
  }
}

int connect_to(const addrinfo& at, milliseconds limit) {
  const int fd = ::socket(at.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int error = 0;
  if (::connect(fd, at.ai_addr, at.ai_addrlen) != 0) {
    socklen_t size = sizeof error;
    if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, limit) ||
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
      ::close(fd);
      return -1;
    }
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}
}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = other.fd_.exchange(-1);
  tls_ = std::move(other.tls_);
  return *this;
}

bool Socket::connect(const std::string& address, std::uint16_t port, milliseconds limit) {
  close();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard{found, ::freeaddrinfo};
  for (auto* at = found; at != nullptr && fd_ < 0; at = at->ai_next) fd_ = connect_to(*at, limit);
  return fd_ >= 0;
}

void Socket::Free::operator()(ssl_st* tls) const { ::SSL_free(tls); }

bool Socket::begin_tls(milliseconds limit) {
  tls_.reset(::SSL_new(client()));
  ::SSL_set_fd(tls_.get(), fd_);
  for (;;) {
    const int done = ::SSL_connect(tls_.get());
    if (done == 1) return true;
    const auto what = wanted(tls_.get(), done);
    if (what != 0 && wait_for(fd_, what, limit)) continue;
    close();
    return false;
  }
}

bool Socket::send(std::string_view bytes, milliseconds limit) {
  while (tls_ && !bytes.empty()) {
    std::size_t sent = 0;
    const int done = ::SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
    if (done == 1) {
      bytes.remove_prefix(sent);
      continue;
    }
    const auto what = wanted(tls_.get(), done);
    if (what == 0 || !wait_for(fd_, what, limit)) return false;
  }
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN ? !wait_for(fd_, POLLOUT, limit) : errno != EINTR)
      return false;
  }
  return true;
}

Socket::Got Socket::receive(std::span<std::uint8_t> into, std::size_t& size, milliseconds limit) {
  while (tls_) {
    const int done = ::SSL_read_ex(tls_.get(), into.data(), into.size(), &size);
    if (done == 1) return Got::bytes;
    const auto what = wanted(tls_.get(), done);
    if (what == 0) return Got::end;
    if (!wait_for(fd_, what, limit)) return Got::timeout;
  }
  for (;;) {
    const auto got = ::recv(fd_, into.data(), into.size(), 0);
    if (got > 0) {
      size = static_cast<std::size_t>(got);
      return Got::bytes;
    }
    if (got == 0) return Got::end;
    if (errno == EAGAIN) {
      if (!wait_for(fd_, POLLIN, limit)) return Got::timeout;
    } else if (errno != EINTR) {
      return Got::end;
    }
  }
}

void Socket::close() {
  tls_.reset();
  if (const int fd = fd_.exchange(-1); fd >= 0) ::close(fd);
}

void Socket::shut() {
  if (const int fd = fd_; fd >= 0) ::shutdown(fd, SHUT_RDWR);
}

}  // namespace camfleet::standin
