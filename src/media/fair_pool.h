#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "net/worker_pool.h"

namespace camfleet::media {

struct FairLimits {
  std::size_t threads = 2;
  std::size_t of_all = 128;  // that are in it at once: waiting, or with something to wait for
  std::size_t of_one = 32;   // of one caller
};

// Threads for what takes long, and who may use them. Callers have their turns one after the other, however
// many jobs each has waiting; and how much each may have under way, and all together, is bounded.
// Thread-safe. Ends as net::WorkerPool does.
class FairPool {
 public:
  FairPool(FairLimits limits, std::string name);

  // The right to have one thing under way.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(FairPool& pool, std::string who) : pool_(&pool), who_(std::move(who)) {}
    Ticket(Ticket&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), who_(std::move(other.who_)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(who_, other.who_);
      return *this;
    }
    ~Ticket() {
      if (pool_ != nullptr) pool_->leave(who_);
    }
    const std::string& who() const { return who_; }

   private:
    FairPool* pool_ = nullptr;
    std::string who_;
  };
  // media.decoders_busy (retry_after_s) where this one, or all together, have too much under way.
  Result<Ticket> enter(std::string_view who);

  // As net::WorkerPool::run, when it is the turn of `who`.
  template <class F>
  net::Task<std::invoke_result_t<F>> run(std::string who, F fn) {
    using R = std::invoke_result_t<F>;
    const auto executor = co_await net::asio::this_coro::executor;
    auto answer = std::make_shared<Answer<R>>(executor);
    const bool taken = submit(std::move(who), [fn = std::move(fn), answer, executor]() mutable {
      try {
        answer->value.emplace(fn());
      } catch (...) {
        answer->thrown = std::current_exception();
      }
      net::asio::post(executor, [answer] { answer->ready.set(); });
    });
    if (!taken) co_return R{fail(Error{Code::media_decoders_busy, {}, 1})};
    co_await answer->ready.wait();
    if (answer->thrown) std::rethrow_exception(answer->thrown);
    co_return std::move(*answer->value);
  }

  // Without an answer; false where too much waits. `job` must not throw.
  bool submit(std::string who, std::function<void()> job);

 private:
  template <class R>
  struct Answer {
    explicit Answer(net::Executor executor) : ready(executor) {}
    net::Event ready;
    std::optional<R> value;
    std::exception_ptr thrown;
  };
  void leave(const std::string& who);
  void work();

  const FairLimits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> inside_;
  std::size_t all_inside_ = 0;
  std::unordered_map<std::string, std::deque<std::function<void()>>> waiting_;
  std::deque<std::string> turns_;  // of those who have something waiting
  net::WorkerPool workers_;        // each of its jobs does the next of ours
};

}  // namespace camfleet::media
