#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/asio.h"
#include "net/event.h"

namespace camfleet::net {

// Threads for what blocks (SQLite, decoding), so that no loop ever does. With one thread the jobs run one
// after the other in the order of run(). Bounded: past `max_queued` a job is refused with net.no_slot.
// Thread-safe.
//
// Outlives whoever may call run(), and ends before the loops of its callers do: an answer is posted to them.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t max_queued, std::string name);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();  // runs what is queued, then joins

  // Runs `fn`, which returns a Result, on a thread of the pool and comes back to the caller's loop with what
  // it returned or threw. Where the caller is cancelled meanwhile, `fn` runs all the same: it must own what
  // it touches.
  template <class F>
  Task<std::invoke_result_t<F>> run(F fn) {
    using R = std::invoke_result_t<F>;
    const auto executor = co_await asio::this_coro::executor;
    auto answer = std::make_shared<Answer<R>>(executor);
    const bool taken = submit([fn = std::move(fn), answer, executor]() mutable {
      try {
        answer->value.emplace(fn());
      } catch (...) {
        answer->thrown = std::current_exception();
      }
      asio::post(executor, [answer] { answer->ready.set(); });
    });
    if (!taken) co_return R{fail(Code::net_no_slot, name_)};
    co_await answer->ready.wait();
    if (answer->thrown) std::rethrow_exception(answer->thrown);
    co_return std::move(*answer->value);
  }

  // Without an answer; false where the queue is full. `fn` must not throw.
  bool submit(std::function<void()> fn);
  std::size_t queued() const;

 private:
  template <class R>
  struct Answer {
    explicit Answer(Executor executor) : ready(executor) {}
    Event ready;
    std::optional<R> value;
    std::exception_ptr thrown;
  };
  void work();

  std::string name_;
  std::size_t max_queued_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace camfleet::net
