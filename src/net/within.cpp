#include "net/within.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/multiple_exceptions.hpp>

#include "net/event.h"
#include "net/spawn.h"
#include "net/task_group.h"

namespace camfleet::net {
namespace {

struct Race : Start {
  explicit Race(Executor executor) : over(executor) {}
  void ended(std::exception_ptr why) override {
    done = true;
    error = std::move(why);
    over.set();
  }
  Event over;
  bool done = false;
  std::exception_ptr error;
};

// `a || b` inside a cancelled task throws several exceptions at once (Boost 1.81); above here there is one.
[[noreturn]] void rethrow_one(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const asio::multiple_exceptions& several) {
    std::rethrow_exception(several.first_exception());
  }
}

}  // namespace

namespace detail {

Task<bool> race(Deadline deadline, Task<> body) {
  const Executor executor = co_await asio::this_coro::executor;
  auto race = std::make_shared<Race>(executor);
  start(executor, std::move(body), race);

  bool late = false;
  bool cancelled = false;
  while (!race->done) {
    try {
      late = !co_await race->over.wait(late ? kNever : deadline) || late;
    } catch (...) {
      cancelled = true;
    }
    if (cancelled) co_await asio::this_coro::reset_cancellation_state();
    if ((late || cancelled) && !race->done) race->cancel();
  }

  if (race->error && !(late && is_cancellation(race->error))) rethrow_one(race->error);
  if (cancelled) throw_cancelled();
  co_return !race->error;
}

}  // namespace detail

Task<> sleep_until(SteadyTime when) {
  Timer timer{co_await asio::this_coro::executor, when};
  co_await timer.async_wait(use_task);
}

Task<> sleep_for(std::chrono::steady_clock::duration how_long) {
  return sleep_until(std::chrono::steady_clock::now() + how_long);
}

}  // namespace camfleet::net
