#pragma once
// For tests of every folder: runs a coroutine to its end on a loop of its own.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include "net/asio.h"
#include "net/loop_groups.h"
#include "net/task_group.h"

namespace camfleet::net::testing {

// A loop for one test, run on the test's own thread. Objects that live on it are made before run() and end
// before it.
class TestLoop {
 public:
  Executor executor() { return context_.get_executor(); }

  // Runs `task` until it ends; rethrows what it threw. Fails the test and aborts after `limit`: a test that
  // hangs must say so.
  void run(Task<> task, std::chrono::seconds limit = std::chrono::seconds{10}) {
    std::exception_ptr error;
    bool done = false;
    TaskGroup group{executor(), "test"};
    group.spawn(caught(std::move(task), error, done));
    turn(done, limit);
    if (error) std::rethrow_exception(error);
  }

  template <class T>
  T run(Task<T> task, std::chrono::seconds limit = std::chrono::seconds{10}) {
    std::optional<T> value;
    run(kept(std::move(task), value), limit);
    return std::move(*value);
  }

  // Lets what is ready run, without waiting.
  void poll() {
    context_.restart();
    context_.poll();
  }

 private:
  static Task<> caught(Task<> task, std::exception_ptr& error, bool& done) {
    try {
      co_await std::move(task);
    } catch (...) {
      error = std::current_exception();
    }
    done = true;
  }
  template <class T>
  static Task<> kept(Task<T> task, std::optional<T>& value) {
    value.emplace(co_await std::move(task));
  }
  void turn(bool& done, std::chrono::seconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    context_.restart();
    while (!done && std::chrono::steady_clock::now() < until) {
      if (context_.run_one_for(std::chrono::milliseconds{200}) == 0 && context_.stopped()) break;
    }
    if (!done) {
      ADD_FAILURE() << "the task did not end";
      std::abort();
    }
    context_.restart();
    context_.poll();  // the task's own ending
  }

  asio::io_context context_{1};
};

// For a task that needs nothing outside itself.
template <class T>
T run(Task<T> task, std::chrono::seconds limit = std::chrono::seconds{10}) {
  TestLoop loop;
  return loop.run(std::move(task), limit);
}

}  // namespace camfleet::net::testing
