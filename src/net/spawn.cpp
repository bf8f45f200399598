#include "net/spawn.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/multiple_exceptions.hpp>

#include "net/task_group.h"
#include "net/within.h"

namespace camfleet::net {

std::exception_ptr cancellation() {
  return std::make_exception_ptr(
      boost::system::system_error(asio::error::make_error_code(asio::error::operation_aborted)));
}

void throw_cancelled() { std::rethrow_exception(cancellation()); }

bool is_cancellation(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const asio::multiple_exceptions& several) {  // `a || b`, cancelled from above
    return is_cancellation(several.first_exception());
  } catch (const boost::system::system_error& one) {
    return one.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

void Start::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  if (running_) signal_.emit(asio::cancellation_type::terminal);
}

Task<> Start::body(Task<> task, Start& how, std::exception_ptr& error) {
  how.running_ = true;
  if (how.cancelled_) {
    error = cancellation();
    co_return;
  }
  try {
    co_await std::move(task);
  } catch (...) {
    error = std::current_exception();
  }
  how.running_ = false;
  co_await asio::this_coro::throw_if_cancelled(false);
}

void start(Executor executor, Task<> task, std::shared_ptr<Start> how) {
  auto& self = *how;
  auto slot = self.signal_.slot();
  asio::co_spawn(executor, Start::body(std::move(task), self, self.error_),
                 asio::bind_cancellation_slot(slot, [how = std::move(how)](std::exception_ptr error) {
                   how->ended(error ? error : how->error_);
                 }));
}

}  // namespace camfleet::net
