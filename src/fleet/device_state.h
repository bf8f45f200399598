#pragma once
#include <cstddef>
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

  DeviceState state() const { return history_.back().to; }
  const model::Move& last() const { return history_.back(); }
  // Oldest first; the last one is the present.
  const std::vector<model::Move>& history() const { return history_; }

 private:
  std::vector<model::Move> history_;
};

}  // namespace camfleet::fleet
