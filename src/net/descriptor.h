#pragma once
#include <utility>

#include "net/quota.h"

namespace camfleet::net {

// A connected socket that is on no loop: how a connection crosses threads. Owns the descriptor and its quota
// place.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd, ConnectionQuota::Place place = {}) : fd_(fd), place_(std::move(place)) {}
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), place_(std::move(other.place_)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(place_, other.place_);
    return *this;
  }
  ~Descriptor();

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // The caller owns them from now on.
  int take_fd() { return std::exchange(fd_, -1); }
  ConnectionQuota::Place take_place() { return std::move(place_); }

 private:
  int fd_ = -1;
  ConnectionQuota::Place place_;
};

}  // namespace camfleet::net
