#include "workers.h"

#include <utility>

namespace camfleet::standin {

Workers::Workers(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.push_back(std::make_unique<Thread>());
    threads_.back()->start([this] { run(); });
  }
}

void Workers::later(std::chrono::milliseconds delay, std::function<void()> job) {
  {
    const std::lock_guard guard{mutex_};
    if (stopped_) return;
    jobs_.emplace(std::chrono::steady_clock::now() + delay, std::move(job));
  }
  bell_.notify_one();
}

void Workers::stop() {
  {
    const std::lock_guard guard{mutex_};
    stopped_ = true;
    jobs_.clear();
  }
  bell_.notify_all();
  for (auto& thread : threads_) thread->join();
}

void Workers::run() {
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    if (jobs_.empty()) {
      bell_.wait(lock);
      continue;
    }
    const auto due = jobs_.begin()->first;
    if (std::chrono::steady_clock::now() < due) {
      bell_.wait_until(lock, due);
      continue;
    }
    const auto job = std::move(jobs_.extract(jobs_.begin()).mapped());
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace camfleet::standin
