#pragma once
#include <memory>

#include "net/asio.h"

namespace camfleet::net {

// Waits until a descriptor of any kind (a socket of datagrams, an eventfd) can be read or written; reading
// and writing are the caller's. Borrows the descriptor: it ends before the descriptor is closed. Two waits at
// most, one of each kind. On one loop.
class Readiness {
 public:
  Readiness(Executor executor, int fd);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();

  // Throw when cancelled. An error of the descriptor counts as ready: the caller meets it.
  Task<> readable();
  Task<> writable();

 private:
  struct Descriptor;
  std::unique_ptr<Descriptor> descriptor_;
};

}  // namespace camfleet::net
