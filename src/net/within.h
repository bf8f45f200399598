#pragma once
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "net/asio.h"

namespace camfleet::net {

// Cancellation is the exception boost::system::system_error with asio::error::operation_aborted. It is thrown
// by every co_await of a cancelled task and passes through every Result-returning function; only a TaskGroup
// (or within(), for the task that it gave up) catches it. is_cancellation() in net/task_group.h tells it from
// a bug.
[[noreturn]] void throw_cancelled();

namespace detail {
// Runs `body` until it ends or `deadline` passes, when it is cancelled and awaited; false where it was cut
// short.
Task<bool> race(Deadline deadline, Task<> body);

template <class T>
Task<> store(Task<Result<T>> task, std::optional<Result<T>>& out) {
  out.emplace(co_await std::move(task));
}
}  // namespace detail

// `task`, or net.timeout at `place` when the deadline passes first: the task is then cancelled and has
// unwound when this returns. A cancellation from above goes through to the task and is thrown on. Streams
// take their deadlines themselves and cost less; this is for whole exchanges.
template <class T>
Task<Result<T>> within(Deadline deadline, Task<Result<T>> task, std::string place = {}) {
  if (deadline == kNever) co_return co_await std::move(task);
  std::optional<Result<T>> out;
  auto body = detail::store(std::move(task), out);
  co_await detail::race(deadline, std::move(body));
  if (out) co_return std::move(*out);
  co_return fail(Code::net_timeout, std::move(place));
}

// Return when it is time, throw when cancelled.
Task<> sleep_until(SteadyTime when);
Task<> sleep_for(std::chrono::steady_clock::duration how_long);

}  // namespace camfleet::net
