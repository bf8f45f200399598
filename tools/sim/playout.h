#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "net/asio.h"
#include "net/event.h"
#include "sim/player.h"

namespace camfleet::sim {

// The frame clock of one loop: a wheel of 40 ms in eight slots. A device has its slot, so that a thousand
// cameras do not send in the same instant; one timer serves them all, and none while nobody plays.
class Playout {
 public:
  static constexpr std::size_t kSlots = 8;
  static constexpr std::chrono::microseconds kRound{1'000'000 / kFramesPerSecond};
  static constexpr std::chrono::microseconds kStep = kRound / kSlots;

  Playout(net::Executor executor, const Clock& clock)
      : clock_(clock), start_(clock.steady()), work_(executor) {}

  // Its frames go out from the next turn of its slot until remove(), which must come before the player ends.
  void add(Player& player, std::uint32_t device);
  void remove(Player& player, std::uint32_t device);
  std::size_t players() const { return players_; }

  // The number of frames since the start: where in its clip a device's picture is.
  std::uint64_t round() const;

  // Ticks until cancelled. A loop that was late catches up by a second at most; what is older is skipped.
  net::Task<> run();

 private:
  void turn(std::uint64_t step);

  const Clock& clock_;
  SteadyTime start_;
  net::Event work_;
  std::array<std::vector<Player*>, kSlots> slots_;
  std::size_t players_ = 0;
};

}  // namespace camfleet::sim
