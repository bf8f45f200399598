#pragma once
#include <memory>
#include <utility>

#include "net/quota.h"

namespace camfleet::net {

class TlsSession;

// A connected socket that is on no loop: how a connection crosses threads. Owns the descriptor, its quota
// place and its TLS session, where it has one.
class Descriptor {
 public:
  Descriptor();
  explicit Descriptor(int fd, ConnectionQuota::Place place = {});
  Descriptor(int fd, ConnectionQuota::Place place, std::unique_ptr<TlsSession> tls);
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // The caller owns them from now on.
  int take_fd() { return std::exchange(fd_, -1); }
  ConnectionQuota::Place take_place() { return std::move(place_); }
  std::unique_ptr<TlsSession> take_tls();

 private:
  int fd_ = -1;
  ConnectionQuota::Place place_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace camfleet::net
