#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "net/event.h"

namespace camfleet::events {

// Wakes tasks of any loop from any thread. A task that has gone meanwhile is not missed.
class Bells {
 public:
  // Rung at the next ring(). The caller keeps it, and looks again at what it waits for after this.
  std::shared_ptr<net::Event> hang(net::Executor executor);
  void ring();

 private:
  struct Bell {
    net::Executor executor;
    std::weak_ptr<net::Event> event;
  };
  std::mutex mutex_;
  std::vector<Bell> bells_;
  std::size_t tidy_at_ = 64;
};

}  // namespace camfleet::events
