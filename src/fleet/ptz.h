#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "model/driver.h"
#include "net/asio.h"
#include "net/event.h"
#include "net/task_group.h"

namespace camfleet::fleet {

inline constexpr std::chrono::milliseconds kPtzStopAfter{500};
inline constexpr std::chrono::milliseconds kPtzStopAfterMost{10'000};

// What somebody wants a camera to do.
struct PtzCommand {
  std::uint16_t channel = 1;
  model::PtzMove move;                                   // all zero: stop
  std::optional<std::uint16_t> preset;                   // go there, in place of a move
  std::chrono::milliseconds stop_after = kPtzStopAfter;  // unless another command comes before

  bool moves() const { return !preset && (move.pan != 0 || move.tilt != 0 || move.zoom != 0); }
  bool stops() const { return !preset && !moves(); }
};

// What became of it: done, or the next one came before its turn.
enum class PtzOutcome : std::uint8_t { done, superseded };

// Takes the commands for the cameras of one device, one at a time for each channel: while one is under way
// the newest waits, and what waited before it is superseded. A camera that was set in motion is stopped when
// its time is over, whatever happened to who asked, also where the device is switched off or the gateway ends
// meanwhile. On the device's loop.
class PtzDesk {
 public:
  // `tasks` is the owner's, ends first, and then takes no more commands.
  PtzDesk(net::Executor executor, net::TaskGroup& tasks);
  ~PtzDesk();

  // Errors: of Session::ptz, net.timeout, net.cancelled where the device is being taken down.
  net::Task<Result<PtzOutcome>> order(std::shared_ptr<model::Session> session, PtzCommand command,
                                      Deadline deadline);
  // Channels with something to do.
  std::size_t busy() const { return seats_.size(); }

 private:
  struct Order;
  struct Seat;
  static net::Task<> drive(PtzDesk& desk, std::shared_ptr<Seat> seat);
  static net::Task<> obey(Seat& seat);
  static net::Task<> halt(Seat& seat);

  net::Executor executor_;
  net::TaskGroup& tasks_;
  std::map<std::uint16_t, std::shared_ptr<Seat>> seats_;
};

}  // namespace camfleet::fleet
