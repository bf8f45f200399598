#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "thread.h"

namespace camfleet::standin {

// The library's pool: jobs now or later, on a number of threads. stop() lets running jobs end and forgets the
// others.
class Workers {
 public:
  explicit Workers(unsigned threads);
  ~Workers() { stop(); }

  void soon(std::function<void()> job) { later({}, std::move(job)); }
  void later(std::chrono::milliseconds delay, std::function<void()> job);
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable bell_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> jobs_;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace camfleet::standin
