#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/device.h"

namespace camfleet::fleet {

using model::DeviceState;

// May a device go from one state to another? The table of the design: disabled from everywhere, never to
// itself.
bool is_legal(DeviceState from, DeviceState to);

// Where a device is, since when and why, and its last 32 moves. A plain value; its owner sees to threads.
class StateMachine {
 public:
  static constexpr std::size_t kHistory = 32;
  static constexpr std::size_t kMaxDetail = 256;  // bytes of a detail, cut at a whole character

  // The start is not a move: disabled, waiting or rejected as the registry remembers it.
  StateMachine(DeviceState initial, Code reason, WallTime at);

  // A move that the table does not have is a bug of ours: asserted in debug builds; in release builds it is
  // logged, counted (camfleet_illegal_moves_total) and made, for a device that is lost is worse.
  void enter(DeviceState to, const Error& reason, WallTime at);

  // The same state for another reason: not a move; the last one's reason is replaced.
  void amend(const Error& reason);

  DeviceState state() const { return last_.to; }
  const model::Move& last() const { return last_; }
  // Oldest first; the last one is the present. Made for the caller.
  std::vector<model::Move> history() const;

 private:
  // Thousands of devices have moves behind them, and few are ever asked for: what is past is kept small. A
  // device that stays away fails for the same reason again and again, so each detail is kept once.
  struct Past {
    WallTime at{};
    Code reason = Code::ok;
    DeviceState to = DeviceState::waiting;
    std::uint8_t detail = 0;  // its place in details_ and one; 0: none
  };
  void remember(model::Move move);
  std::uint8_t keep(std::string detail);

  model::Move last_;
  std::vector<Past> past_;
  std::vector<std::string> details_;
};

}  // namespace camfleet::fleet
