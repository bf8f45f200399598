#include "net/worker_pool.h"

#include <pthread.h>

namespace camfleet::net {

WorkerPool::WorkerPool(std::size_t threads, std::size_t max_queued, std::string name)
    : name_(std::move(name)), max_queued_(max_queued) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] {
      ::pthread_setname_np(::pthread_self(), name_.substr(0, 15).c_str());
      work();
    });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  more_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkerPool::submit(std::function<void()> fn) {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_ || queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(fn));
  }
  more_.notify_one();
  return true;
}

std::size_t WorkerPool::queued() const {
  const std::lock_guard lock{mutex_};
  return queue_.size();
}

void WorkerPool::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    more_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds ends outside the lock
    lock.lock();
  }
}

}  // namespace camfleet::net
