#include "sdkhost/strands.h"

#include <algorithm>
#include <utility>

namespace camfleet::sdkhost {

using Clock = std::chrono::steady_clock;

Strands::Strands(std::size_t threads, std::size_t most)
    : threads_most_(threads),
      doubtful_most_(std::max<std::size_t>(1, threads * 3 / 4)),
      most_(most),
      running_(threads) {
  threads_.reserve(threads);
}

void Strands::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  more_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

bool Strands::may_run() const {
  return !ready_.empty() || (!slow_ready_.empty() && slow_running_ < doubtful_most_);
}

void Strands::make_ready(std::uint32_t key) {
  (doubtful_.contains(key) ? slow_ready_ : ready_).push_back(key);
  grow();
}

// Another thread where there is work and nobody waits for some. While it ends, whoever is there finishes it.
void Strands::grow() {
  if (idle_ == 0 && threads_.size() < threads_most_ && !stopping_ && may_run())
    threads_.emplace_back([this, number = threads_.size()] { work(number); });
}

bool Strands::post(std::uint32_t key, std::function<void()> job) {
  {
    const std::lock_guard lock{mutex_};
    if (waiting_ >= most_) return false;
    ++waiting_;
    const auto [queue, fresh] = queues_.try_emplace(key);
    queue->second.push_back(std::move(job));
    if (!fresh) return true;  // who runs this key goes on with it
    make_ready(key);
  }
  more_.notify_one();
  return true;
}

void Strands::doubt(std::uint32_t key, bool doubtful) {
  const std::lock_guard lock{mutex_};
  if (doubtful)
    doubtful_.insert(key);
  else
    doubtful_.erase(key);
}

void Strands::work(std::size_t thread) {
  std::unique_lock lock{mutex_};
  for (;;) {
    ++idle_;
    more_.wait(lock, [this] { return may_run() || (stopping_ && ready_.empty() && slow_ready_.empty()); });
    --idle_;
    if (!may_run()) return;
    const bool slow = ready_.empty();
    auto& from = slow ? slow_ready_ : ready_;
    const auto key = from.front();
    from.pop_front();
    auto& queue = queues_[key];
    auto job = std::move(queue.front());
    queue.pop_front();
    --waiting_;
    if (slow) ++slow_running_;
    running_[thread] = {Clock::now(), key};
    grow();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    running_[thread] = {};
    if (slow) --slow_running_;
    if (queues_[key].empty())
      queues_.erase(key);
    else
      make_ready(key);  // behind the others
    more_.notify_one();
    if (stopping_) more_.notify_all();
  }
}

Strands::State Strands::state() const {
  const std::lock_guard lock{mutex_};
  State out;
  out.waiting = static_cast<std::uint32_t>(waiting_);
  const auto now = Clock::now();
  for (const auto& [since, key] : running_) {
    const auto lasts = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
    if (since == Clock::time_point{} || lasts < out.oldest) continue;
    out.oldest = lasts;
    out.oldest_key = key;
  }
  return out;
}

}  // namespace camfleet::sdkhost
