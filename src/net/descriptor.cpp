#include "net/descriptor.h"

#include <unistd.h>

#include "net/tls_session.h"

namespace camfleet::net {

Descriptor::Descriptor() = default;
Descriptor::Descriptor(int fd, ConnectionQuota::Place place) : fd_(fd), place_(std::move(place)) {}
Descriptor::Descriptor(int fd, ConnectionQuota::Place place, std::unique_ptr<TlsSession> tls)
    : fd_(fd), place_(std::move(place)), tls_(std::move(tls)) {}
Descriptor::Descriptor(Descriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), place_(std::move(other.place_)), tls_(std::move(other.tls_)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(place_, other.place_);
  std::swap(tls_, other.tls_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::unique_ptr<TlsSession> Descriptor::take_tls() { return std::move(tls_); }

}  // namespace camfleet::net
