#include "events/bells.h"

#include <algorithm>

namespace camfleet::events {

std::shared_ptr<net::Event> Bells::hang(net::Executor executor) {
  auto event = std::make_shared<net::Event>(executor);
  const std::lock_guard lock{mutex_};
  if (bells_.size() >= tidy_at_) {
    std::erase_if(bells_, [](const Bell& bell) { return bell.event.expired(); });
    tidy_at_ = std::max<std::size_t>(64, bells_.size() * 2);
  }
  bells_.push_back({executor, event});
  return event;
}

void Bells::ring() {
  std::vector<Bell> bells;
  {
    const std::lock_guard lock{mutex_};
    bells.swap(bells_);
  }
  // It is set on its own loop, and where that was the last reference, it ends there too.
  for (auto& bell : bells)
    if (auto event = bell.event.lock())
      net::asio::post(bell.executor, [event = std::move(event)] { event->set(); });
}

}  // namespace camfleet::events
