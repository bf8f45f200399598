#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "net/asio.h"

namespace camfleet::net {

// One io_context on one thread. Everything that lives on a loop is touched by its thread alone, so nothing in
// it locks. A watchdog timer counts the loop's stalls: camfleet_loop_stalls_total,
// camfleet_loop_delay_microseconds.
class Loop {
 public:
  Loop(std::size_t index, std::string name);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  Executor executor() { return context_.get_executor(); }
  std::size_t index() const { return index_; }
  const std::string& name() const { return name_; }

  // Runs `fn` on this loop, soon; from any thread, never inline. What `fn` holds must outlive the loop or be
  // its own.
  template <class F>
  void post(F&& fn) {
    asio::post(context_, std::forward<F>(fn));
  }

  // The loop whose thread this is; nullptr on other threads.
  static Loop* current();
  bool inside() const { return current() == this; }

 private:
  friend class Loops;
  void start();
  void stop();  // the thread ends after the handler that runs now; joins
  void run();
  void watch();

  asio::io_context context_{1};
  std::size_t index_;
  std::string name_;
  Timer watchdog_;
  std::thread thread_;
};

// The loops of a process: made once, by whoever owns everything that runs on them. Stop what runs on them
// (TaskGroup, LoopGroups) before stop(): what is still suspended then is destroyed, not unwound.
class Loops {
 public:
  explicit Loops(std::size_t count, std::string_view name = "loop");
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops();  // stops

  void start();
  void stop();  // not from a loop's own thread

  std::size_t size() const { return loops_.size(); }
  Loop& at(std::size_t i) { return *loops_.at(i); }
  // Round robin; thread-safe.
  Loop& pick();
  // The same loop for the same key in every run.
  Loop& for_key(std::string_view key);

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace camfleet::net
