#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct ssl_st;  // of OpenSSL

namespace camfleet::standin {

// A TCP connection, plain or TLS, with blocking calls, each with its limit. One thread uses it; shut() may
// come from any other.
class Socket {
 public:
  Socket() = default;
  Socket(Socket&& other) noexcept : fd_(other.fd_.exchange(-1)), tls_(std::move(other.tls_)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  // An IPv4 or IPv6 address or a name. False: nobody answers there in time.
  bool connect(const std::string& address, std::uint16_t port, std::chrono::milliseconds limit);
  // TLS from now on, whatever certificate is shown. False: the other side does not speak it.
  bool begin_tls(std::chrono::milliseconds limit);
  bool send(std::string_view bytes, std::chrono::milliseconds limit);

  enum class Got : std::uint8_t { bytes, end, timeout };
  Got receive(std::span<std::uint8_t> into, std::size_t& size, std::chrono::milliseconds limit);

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void close();
  // What waits on it returns; the descriptor stays until close().
  void shut();

 private:
  struct Free {
    void operator()(ssl_st* tls) const;
  };
  std::atomic<int> fd_{-1};
  std::unique_ptr<ssl_st, Free> tls_;
};

}  // namespace camfleet::standin
