#include "fleet/device_state.h"

#include <array>
#include <cassert>

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

constexpr unsigned bit(DeviceState state) { return 1U << static_cast<unsigned>(state); }

// By the state that is left; disabled is added below, for it is legal from everywhere.
constexpr std::array<unsigned, model::kDeviceStates> kNext = [] {
  using enum DeviceState;
  std::array<unsigned, model::kDeviceStates> next{};
  const auto row = [&](DeviceState from) -> unsigned& { return next[static_cast<std::size_t>(from)]; };
  row(disabled) = bit(waiting);
  row(waiting) = bit(connecting);
  row(connecting) = bit(online) | bit(degraded) | bit(backoff) | bit(rejected) | bit(locked);
  row(online) = bit(degraded) | bit(backoff) | bit(rejected) | bit(locked) | bit(waiting);
  row(degraded) = bit(online) | bit(backoff) | bit(rejected) | bit(locked) | bit(waiting);
  row(backoff) = bit(waiting);
  row(rejected) = bit(waiting);
  row(locked) = bit(waiting);
  return next;
}();

std::string cut(const std::string& detail) {
  auto clean = clean_utf8(detail);
  if (clean.size() <= StateMachine::kMaxDetail) return clean;
  auto end = StateMachine::kMaxDetail;
  while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;
  clean.resize(end);
  return clean;
}

}  // namespace

bool is_legal(DeviceState from, DeviceState to) {
  if (to == DeviceState::disabled) return from != DeviceState::disabled;
  return (kNext[static_cast<std::size_t>(from)] & bit(to)) != 0;
}

StateMachine::StateMachine(DeviceState initial, Code reason, WallTime at) {
  history_.push_back({initial, reason, {}, at});
}

void StateMachine::enter(DeviceState to, const Error& reason, WallTime at) {
  const bool legal = is_legal(state(), to);
  assert(legal);
  if (!legal) {
    metrics::counter("camfleet_illegal_moves_total",
                     "Moves between device states that the table does not have.")
        .add();
    log::error("fleet.illegal_move", {{"from", model::to_text(state())}, {"to", model::to_text(to)}});
  }
  if (history_.size() == kHistory) history_.erase(history_.begin());
  history_.push_back({to, reason.code, cut(reason.place), at});
}

void StateMachine::amend(const Error& reason) {
  history_.back().reason = reason.code;
  history_.back().detail = cut(reason.place);
}

}  // namespace camfleet::fleet
