#include "fleet/turns.h"

#include "net/event.h"

namespace camfleet::fleet {

struct Turns::Turn::Waiter {
  Waiter(net::Executor e, std::vector<std::string> of) : executor(e), bell(e), ids(std::move(of)) {}
  net::Executor executor;
  net::Event bell;
  std::vector<std::string> ids;
  std::size_t missing = 0;  // of its devices, those that others hold; under the mutex
};

Turns::Turn::Turn(Turn&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), waiter_(std::move(other.waiter_)) {}
Turns::Turn& Turns::Turn::operator=(Turn&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(waiter_, other.waiter_);
  return *this;
}
Turns::Turn::~Turn() {
  if (owner_ != nullptr) owner_->leave(waiter_);
}

net::Task<Turns::Turn> Turns::take(std::vector<std::string> ids) {
  const net::Executor executor = co_await net::asio::this_coro::executor;
  auto waiter = std::make_shared<Waiter>(executor, std::move(ids));
  {
    const std::lock_guard lock{mutex_};
    for (const auto& id : waiter->ids) {
      auto& queue = queues_[id];
      if (!queue.empty()) ++waiter->missing;
      queue.push_back(waiter);
    }
  }
  Turn turn{this, waiter};  // from now on: a cancelled wait leaves the queues
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      if (waiter->missing == 0) break;
    }
    co_await waiter->bell.wait();
  }
  co_return turn;
}

void Turns::leave(const std::shared_ptr<Waiter>& waiter) {
  const std::lock_guard lock{mutex_};
  for (const auto& id : waiter->ids) {
    const auto at = queues_.find(id);
    auto& queue = at->second;
    const bool first = queue.front() == waiter;
    std::erase(queue, waiter);
    if (queue.empty()) {
      queues_.erase(at);
    } else if (first && --queue.front()->missing == 0) {
      auto next = queue.front();
      const auto executor = next->executor;
      net::asio::post(executor, [next = std::move(next)] { next->bell.set(); });
    }
  }
}

}  // namespace camfleet::fleet
