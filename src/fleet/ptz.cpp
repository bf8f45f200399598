#include "fleet/ptz.h"

#include <exception>

#include "base/log.h"
#include "net/within.h"

namespace camfleet::fleet {
namespace {

constexpr int kStopTries = 3;
constexpr std::chrono::seconds kStopLimit{2};
constexpr std::chrono::milliseconds kStopPause{200};
constexpr std::chrono::milliseconds kLastStopLimit{800};  // while the device is taken down
constexpr std::chrono::seconds kAnswerGrace{1};

SteadyTime now() { return system_clock().steady(); }

// Whether the camera may be moving though the command failed: its answer alone may have been lost.
bool may_move(const Result<>& result) { return result || name(result.error().code).starts_with("net."); }

}  // namespace

struct PtzDesk::Order {
  Order(net::Executor executor, std::shared_ptr<model::Session> s, PtzCommand c, Deadline d)
      : session(std::move(s)), command(c), deadline(d), told(executor) {}
  void tell(Result<PtzOutcome> result) {
    if (answer) return;
    answer = std::move(result);
    told.set();
  }
  std::shared_ptr<model::Session> session;
  PtzCommand command;
  Deadline deadline;
  net::Event told;
  std::optional<Result<PtzOutcome>> answer;
};

struct PtzDesk::Seat {
  Seat(net::Executor executor, std::uint16_t number) : channel(number), bell(executor) {}
  std::uint16_t channel;
  net::Event bell;
  std::shared_ptr<Order> next;
  std::shared_ptr<model::Session> session;  // that set it in motion
  std::optional<SteadyTime> stop_at;
};

PtzDesk::PtzDesk(net::Executor executor, net::TaskGroup& tasks) : executor_(executor), tasks_(tasks) {}

PtzDesk::~PtzDesk() = default;

net::Task<Result<PtzOutcome>> PtzDesk::order(std::shared_ptr<model::Session> session, PtzCommand command,
                                             Deadline deadline) {
  if (tasks_.stopping()) co_return fail(Code::net_cancelled);
  const auto order = std::make_shared<Order>(executor_, std::move(session), command, deadline);
  auto& seat = seats_[command.channel];
  const bool fresh = !seat;
  if (fresh) seat = std::make_shared<Seat>(executor_, command.channel);
  if (seat->next) seat->next->tell(PtzOutcome::superseded);
  seat->next = order;
  seat->bell.set();
  if (fresh) tasks_.spawn(drive(*this, seat));
  const bool told = co_await order->told.wait(deadline + kAnswerGrace);
  if (!told) co_return fail(Code::net_timeout, "ptz");
  co_return std::move(*order->answer);
}

net::Task<> PtzDesk::obey(Seat& seat) {
  while (seat.next || seat.stop_at) {
    if (seat.next) {
      const auto order = std::exchange(seat.next, nullptr);
      struct Told {  // also where this is cancelled
        Order& order;
        ~Told() { order.tell(fail(Code::net_cancelled)); }
      } const told{*order};
      const auto& command = order->command;
      if (command.moves()) {
        seat.session = order->session;
        seat.stop_at = now() + command.stop_after;
      }
      Result<> done;
      if (command.preset)
        done = co_await order->session->ptz_preset(command.channel, *command.preset, order->deadline);
      else
        done = co_await order->session->ptz(command.channel, command.move, order->deadline);
      if (command.moves()) {
        // The time counts from when it began to move.
        if (may_move(done))
          seat.stop_at = now() + command.stop_after;
        else
          seat.stop_at.reset();
      } else if (done) {
        seat.stop_at.reset();
      }
      order->tell(done ? Result<PtzOutcome>{PtzOutcome::done} : fail(done.error()));
      continue;
    }
    (void)co_await seat.bell.wait(*seat.stop_at);
    if (seat.next || now() < *seat.stop_at) continue;
    auto halting = halt(seat);
    co_await std::move(halting);
  }
}

net::Task<> PtzDesk::halt(Seat& seat) {
  Error why;
  for (int i = 0; i < kStopTries; ++i) {
    const auto done = co_await seat.session->ptz(seat.channel, {}, now() + kStopLimit);
    why = done ? Error{} : done.error();
    if (done || seat.next) break;
    co_await net::sleep_for(kStopPause);
  }
  if (why) log::warn("device.ptz_not_stopped", {{"channel", seat.channel}, {"what", why.text()}});
  seat.stop_at.reset();
}

net::Task<> PtzDesk::drive(PtzDesk& desk, std::shared_ptr<Seat> seat) {
  std::exception_ptr cancelled;
  try {
    auto obeying = obey(*seat);
    co_await std::move(obeying);
  } catch (...) {
    cancelled = std::current_exception();
  }
  if (seat->next) seat->next->tell(fail(Code::net_cancelled));
  desk.seats_.erase(seat->channel);
  if (!cancelled) co_return;
  if (seat->stop_at && net::is_cancellation(cancelled)) {
    co_await net::asio::this_coro::reset_cancellation_state();
    (void)co_await seat->session->ptz(seat->channel, {}, now() + kLastStopLimit);
  }
  std::rethrow_exception(cancelled);
}

}  // namespace camfleet::fleet
