#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace camfleet::sdkhost {

// Threads for calls into the library, which block. Jobs of one key run one after the other in the order of
// post(); those of different keys side by side, so that a device that does not answer holds one thread and no
// other device. A crowd of them holds no more than three quarters of the threads: keys that are in doubt
// share those, and the rest is for keys that answer. Threads are made when they are needed, and stay. Bounded
// in all. Thread-safe.
class Strands {
 public:
  Strands(std::size_t threads, std::size_t most);
  ~Strands() { stop(); }
  // Runs what is queued, whose jobs may still call all of this, then joins. Again: nothing.
  void stop();

  // False where too much waits.
  bool post(std::uint32_t key, std::function<void()> job);
  // Whether a call for this key is likely to take long: a login, a device that did not answer the last time.
  void doubt(std::uint32_t key, bool doubtful);

  struct State {
    std::uint32_t waiting = 0;
    std::chrono::milliseconds oldest{0};  // of the calls under way
    std::uint32_t oldest_key = 0;         // whose that one is
  };
  State state() const;

 private:
  void work(std::size_t thread);
  bool may_run() const;
  void make_ready(std::uint32_t key);
  void grow();

  const std::size_t threads_most_;
  const std::size_t doubtful_most_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::unordered_map<std::uint32_t, std::deque<std::function<void()>>> queues_;  // of keys that run or wait
  std::deque<std::uint32_t> ready_;                                              // keys that no thread has
  std::deque<std::uint32_t> slow_ready_;  // of these, those that were in doubt then
  std::unordered_set<std::uint32_t> doubtful_;
  std::size_t slow_running_ = 0;
  std::size_t waiting_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  struct Running {
    std::chrono::steady_clock::time_point since;  // epoch: idle
    std::uint32_t key = 0;
  };
  std::vector<Running> running_;  // by thread
  std::vector<std::thread> threads_;
};

}  // namespace camfleet::sdkhost
