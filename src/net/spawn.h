#pragma once
#include <functional>
#include <memory>

#include "net/asio.h"

namespace camfleet::net {

// How a task begins, is cancelled and ends, beneath TaskGroup, within() and run_on(): use those.
//
// Asio's co_spawn loses the completion of a coroutine that is cancelled before it first waits (Boost 1.81:
// its own `co_await post` then throws, outside its try block, out of io_context::run). So a start is held
// back from being cancelled until the task runs, and the task ends with cancellation switched off.
class Start {
 public:
  virtual ~Start() = default;

  // Called on the task's executor, once, when it has ended; null for a return. Then the Start is let go. It
  // is let go without this call where the loop ends first.
  virtual void ended(std::exception_ptr error) = 0;

  // On the task's executor: asks it to end. Only the first call counts.
  void cancel();
  bool cancelled() const { return cancelled_; }

 private:
  friend void start(Executor executor, Task<> task, std::shared_ptr<Start> how);
  static Task<> body(Task<> task, Start& how, std::exception_ptr& error);

  asio::cancellation_signal signal_;
  bool running_ = false;
  bool cancelled_ = false;
  std::exception_ptr error_;
};

void start(Executor executor, Task<> task, std::shared_ptr<Start> how);

// The exception of a cancelled co_await.
std::exception_ptr cancellation();

}  // namespace camfleet::net
