#include "fleet/device_state.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

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

StateMachine::StateMachine(DeviceState initial, Code reason, WallTime at) : last_{initial, reason, {}, at} {}

void StateMachine::enter(DeviceState to, const Error& reason, WallTime at) {
  const bool legal = is_legal(state(), to);
  assert(legal);
  if (!legal) {
    metrics::counter("camfleet_illegal_moves_total",
                     "Moves between device states that the table does not have.")
        .add();
    log::error("fleet.illegal_move", {{"from", model::to_text(state())}, {"to", model::to_text(to)}});
  }
  remember(std::exchange(last_, model::Move{to, reason.code, cut(reason.place), at}));
}

void StateMachine::amend(const Error& reason) {
  last_.reason = reason.code;
  last_.detail = cut(reason.place);
}

void StateMachine::remember(model::Move move) {
  if (past_.size() == kHistory - 1) past_.erase(past_.begin());
  const auto detail = keep(std::move(move.detail));
  past_.push_back({move.at, move.reason, move.to, detail});
}

std::uint8_t StateMachine::keep(std::string detail) {
  if (detail.empty()) return 0;
  const auto known = std::ranges::find(details_, detail);
  if (known != details_.end()) return static_cast<std::uint8_t>(known - details_.begin() + 1);
  // The place of one that no move names any more, or a new one: there are never more than moves.
  std::size_t at = 0;
  while (at < details_.size() && std::ranges::find(past_, at + 1, &Past::detail) != past_.end()) ++at;
  if (at == details_.size()) details_.emplace_back();
  detail.shrink_to_fit();
  details_[at] = std::move(detail);
  return static_cast<std::uint8_t>(at + 1);
}

std::vector<model::Move> StateMachine::history() const {
  std::vector<model::Move> out;
  out.reserve(past_.size() + 1);
  for (const auto& one : past_)
    out.push_back({one.to, one.reason, one.detail == 0 ? std::string{} : details_[one.detail - 1], one.at});
  out.push_back(last_);
  return out;
}

}  // namespace camfleet::fleet
