#include "sdkhost/strands.h"

#include <algorithm>
#include <utility>

namespace camfleet::sdkhost {

using Clock = std::chrono::steady_clock;

Strands::Strands(std::size_t threads, std::size_t most) : most_(most), since_(threads) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, i] { work(i); });
}

Strands::~Strands() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  more_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool Strands::post(std::uint32_t key, std::function<void()> job) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting_ >= most_) return false;
    ++waiting_;
    const auto [queue, fresh] = queues_.try_emplace(key);
    queue->second.push_back(std::move(job));
    if (!fresh) return true;  // who runs this key goes on with it
    ready_.push_back(key);
  }
  more_.notify_one();
  return true;
}

void Strands::work(std::size_t thread) {
  std::unique_lock lock{mutex_};
  for (;;) {
    more_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (ready_.empty()) return;
    const auto key = ready_.front();
    ready_.pop_front();
    auto& queue = queues_[key];
    auto job = std::move(queue.front());
    queue.pop_front();
    --waiting_;
    since_[thread] = Clock::now();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    since_[thread] = {};
    if (queues_[key].empty()) {
      queues_.erase(key);
    } else {
      ready_.push_back(key);  // behind the others
      more_.notify_one();
    }
  }
}

Strands::State Strands::state() const {
  const std::lock_guard lock{mutex_};
  State out;
  out.waiting = static_cast<std::uint32_t>(waiting_);
  const auto now = Clock::now();
  for (const auto since : since_)
    if (since != Clock::time_point{})
      out.oldest = std::max(out.oldest, std::chrono::duration_cast<std::chrono::milliseconds>(now - since));
  return out;
}

}  // namespace camfleet::sdkhost
