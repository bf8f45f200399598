#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace camfleet::sdkhost {

// Threads for calls into the library, which block. Jobs of one key run one after the other in the order of
// post(); those of different keys side by side, so that a device that does not answer holds one thread and no
// other device. Bounded in all. Thread-safe.
class Strands {
 public:
  Strands(std::size_t threads, std::size_t most);
  ~Strands();  // runs what is queued, then joins

  // False where too much waits.
  bool post(std::uint32_t key, std::function<void()> job);

  struct State {
    std::uint32_t waiting = 0;
    std::chrono::milliseconds oldest{0};  // of the calls under way
  };
  State state() const;

 private:
  void work(std::size_t thread);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::unordered_map<std::uint32_t, std::deque<std::function<void()>>> queues_;  // of keys that run or wait
  std::deque<std::uint32_t> ready_;                                              // keys that no thread has
  std::size_t waiting_ = 0;
  bool stopping_ = false;
  std::vector<std::chrono::steady_clock::time_point> since_;  // by thread; epoch: idle
  std::vector<std::thread> threads_;
};

}  // namespace camfleet::sdkhost
