#include "sim/playout.h"

#include <algorithm>

#include "net/within.h"

namespace camfleet::sim {

void Playout::add(Player& player, std::uint32_t device) {
  slots_[device % kSlots].push_back(&player);
  if (players_++ == 0) work_.set();
}

void Playout::remove(Player& player, std::uint32_t device) {
  players_ -= std::erase(slots_[device % kSlots], &player);
}

std::uint64_t Playout::round() const {
  return static_cast<std::uint64_t>((clock_.steady() - start_) / kRound);
}

net::Task<> Playout::run() {
  const auto now = [this] { return static_cast<std::uint64_t>((clock_.steady() - start_) / kStep); };
  std::uint64_t step = 0;
  for (;;) {
    while (players_ == 0) {  // one may have come and gone before this is told
      co_await work_.wait();
      step = now();
    }
    constexpr auto kCatchUp = kSlots * kFramesPerSecond;
    step = std::max(step + 1, now() > kCatchUp ? now() - kCatchUp : 0);
    while (slots_[step % kSlots].empty()) ++step;  // somebody plays, so one is not
    co_await net::sleep_until(start_ + step * kStep);
    turn(step);
  }
}

void Playout::turn(std::uint64_t step) {
  for (Player* player : slots_[step % kSlots]) player->tick(step / kSlots, clock_);
}

}  // namespace camfleet::sim
