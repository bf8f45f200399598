#include "fleet/admission_queue.h"

#include <algorithm>
#include <limits>

#include "net/address.h"

namespace camfleet::fleet {

std::string subnet_of(std::string_view address) {
  const auto parsed = net::parse_address(address);
  if (!parsed) return {};
  if (parsed->is_v4()) {
    auto bytes = parsed->to_v4().to_bytes();
    bytes[3] = 0;
    return net::asio::ip::address_v4{bytes}.to_string() + "/24";
  }
  auto bytes = parsed->to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return net::asio::ip::address_v6{bytes}.to_string() + "/64";
}

AdmissionQueue::AdmissionQueue(AdmissionLimits limits)
    : limits_(limits),
      limit_(std::clamp(limits.per_node_start, std::min(limits.per_node_min, limits.per_node),
                        limits.per_node)) {}

AdmissionQueue::Lane& AdmissionQueue::lane_of(std::string_view address, CredentialId id) {
  const auto [host_at, fresh_host] = hosts_.try_emplace(std::string{address});
  auto& host = host_at->second;
  if (fresh_host) {
    host.name = host_at->first;
    const auto name = subnet_of(address);  // all host names together are one, without a cap
    auto& subnet = subnets_[name];
    subnet.name = name;
    subnet.cap = name.empty() ? std::numeric_limits<std::size_t>::max() : limits_.per_subnet;
    host.subnet = &subnet;
  }
  const auto [lane_at, fresh_lane] = host.lanes.try_emplace(id);
  auto& lane = lane_at->second;
  if (!fresh_lane) return lane;
  const auto [credential_at, fresh_credential] = credentials_.try_emplace(id);
  auto& credential = credential_at->second;
  if (fresh_credential) {
    credential.id = id;
    credential.cap = id == 0 ? std::numeric_limits<std::size_t>::max() : limits_.per_credential;
  }
  auto& cell = host.subnet->cells[id];
  cell.subnet = host.subnet;
  cell.credential = &credential;
  lane.host = &host;
  lane.cell = &cell;
  return lane;
}

void AdmissionQueue::drop_if_idle(Lane& lane) {
  if (lane.members != 0) return;
  auto& host = *lane.host;
  auto& cell = *lane.cell;
  auto& subnet = *cell.subnet;
  auto& credential = *cell.credential;
  const auto id = credential.id;
  host.lanes.erase(id);
  if (host.lanes.empty()) hosts_.erase(std::string{host.name});
  if (cell.members == 0) subnet.cells.erase(id);
  if (subnet.members == 0) subnets_.erase(std::string{subnet.name});
  if (credential.members == 0 && credential.window == 0) credentials_.erase(id);
}

void AdmissionQueue::list(Lane& lane) {
  std::optional<Turn> turn;
  if (!lane.waiting.empty() && lane.host->connecting < limits_.per_address) turn = *lane.waiting.begin();
  if (turn == lane.listed) return;
  if (lane.listed) lane.cell->ready.erase({*lane.listed, &lane});
  if (turn) lane.cell->ready.insert({*turn, &lane});
  lane.listed = turn;
}

void AdmissionQueue::list(Cell& cell) {
  std::optional<Turn> turn;
  if (!cell.ready.empty() && cell.subnet->connecting < cell.subnet->cap) turn = cell.ready.begin()->first;
  if (turn == cell.listed) return;
  if (cell.listed) cell.credential->ready.erase({*cell.listed, &cell});
  if (turn) cell.credential->ready.insert({*turn, &cell});
  cell.listed = turn;
}

void AdmissionQueue::list(Credential& credential, SteadyTime now) {
  std::optional<Turn> turn;
  auto timer = kNever;
  if (!credential.ready.empty()) {
    if (has_room(credential, now))
      turn = credential.ready.begin()->first;
    else
      timer = room_at(credential);
  }
  if (timer != credential.timer) {
    if (credential.timer != kNever) timers_.erase({credential.timer, &credential});
    if (timer != kNever) timers_.insert({timer, &credential});
    credential.timer = timer;
  }
  if (turn == credential.listed) return;
  if (credential.listed) ready_.erase({*credential.listed, &credential});
  if (turn) ready_.insert({*turn, &credential});
  credential.listed = turn;
}

std::chrono::milliseconds AdmissionQueue::pace() const {
  return std::chrono::milliseconds{1'000 / std::max(1U, limits_.suspect_per_second)};
}

// When it has room if nobody leaves before.
SteadyTime AdmissionQueue::room_at(const Credential& credential) const {
  if (credential.connecting >= credential.cap) return kNever;
  if (credential.window == 0) return SteadyTime::min();
  if (credential.connecting < credential.window) return credential.next_at;
  return std::max(credential.next_at, credential.granted_at + limits_.suspect_patience);
}

bool AdmissionQueue::has_room(const Credential& credential, SteadyTime now) const {
  return room_at(credential) <= now;
}

AdmissionQueue::Ticket AdmissionQueue::enter(std::string_view address, CredentialId id, Priority priority,
                                             SteadyTime now, Granted& granted) {
  const auto ticket = next_++;
  const Turn turn{ticket + static_cast<std::uint64_t>(priority) * kHeadStart, ticket};
  auto& lane = lane_of(address, id);
  lane.waiting.insert(turn);
  ++lane.members;
  ++lane.cell->members;
  ++lane.cell->subnet->members;
  ++lane.cell->credential->members;
  entries_.insert({ticket, Entry{&lane, turn, false}});
  ++waiting_;
  list(lane);
  list(*lane.cell);
  list(*lane.cell->credential, now);
  grant(now, granted);
  return ticket;
}

// One more, or one less, connects by this lane: whoever shares a cap that is reached now, or no longer, is
// listed anew.
void AdmissionQueue::count(Lane& lane, bool begins) {
  auto& host = *lane.host;
  auto& subnet = *host.subnet;
  const auto step = [&](std::size_t& n) { begins ? ++n : --n; };
  const bool host_was_full = host.connecting >= limits_.per_address;
  const bool subnet_was_full = subnet.connecting >= subnet.cap;
  step(host.connecting);
  step(subnet.connecting);
  step(lane.cell->credential->connecting);
  step(connecting_);
  if (host_was_full != (host.connecting >= limits_.per_address)) {
    for (auto& [id, other] : host.lanes) {
      list(other);
      list(*other.cell);
    }
  }
  if (subnet_was_full != (subnet.connecting >= subnet.cap))
    for (auto& [id, cell] : subnet.cells) list(cell);
}

void AdmissionQueue::leave(Ticket ticket, Outcome outcome, SteadyTime now, Granted& granted) {
  const auto it = entries_.find(ticket);
  if (it == entries_.end()) return;
  const auto entry = it->second;
  entries_.erase(it);
  auto& lane = *entry.lane;
  auto& cell = *lane.cell;
  auto& subnet = *cell.subnet;
  --lane.members;
  --cell.members;
  --subnet.members;
  --cell.credential->members;
  if (entry.granted) {
    count(lane, false);
    adapt(outcome, now);
    judge(*cell.credential, outcome, now);
  } else {
    lane.waiting.erase(entry.turn);
    --waiting_;
  }
  list(lane);
  list(cell);
  // Of another credential a lane or a cell may be ready now.
  for (auto& [id, other] : subnet.cells) list(*other.credential, now);
  drop_if_idle(lane);
  grant(now, granted);
}

void AdmissionQueue::tick(SteadyTime now, Granted& granted) {
  while (!timers_.empty() && timers_.begin()->first <= now) list(*timers_.begin()->second, now);
  grant(now, granted);
}

void AdmissionQueue::grant(SteadyTime now, Granted& granted) {
  while (connecting_ < limit_ && !ready_.empty()) {
    auto& credential = *ready_.begin()->second;
    auto& cell = *credential.ready.begin()->second;
    auto& lane = *cell.ready.begin()->second;
    const auto turn = *lane.waiting.begin();
    lane.waiting.erase(lane.waiting.begin());
    entries_.at(turn.ticket).granted = true;
    --waiting_;
    count(lane, true);
    most_ = std::max(most_, connecting_);
    credential.granted_at = now;
    if (credential.window == 1) credential.next_at = now + pace();
    list(lane);
    list(cell);
    for (auto& [id, other] : cell.subnet->cells) list(*other.credential, now);
    granted.push_back(turn.ticket);
  }
}

bool AdmissionQueue::suspect(CredentialId id) const {
  const auto it = credentials_.find(id);
  return it != credentials_.end() && it->second.window != 0;
}

void AdmissionQueue::forget(CredentialId id) {
  const auto it = credentials_.find(id);
  if (it == credentials_.end()) return;
  if (it->second.window != 0) --suspects_;
  it->second.window = 0;
  if (it->second.members == 0) credentials_.erase(it);
}

void AdmissionQueue::judge(Credential& credential, Outcome outcome, SteadyTime now) {
  if (credential.id == 0) return;
  if (outcome == Outcome::refused) {
    const bool paced = credential.window == 1;
    if (credential.window == 0) ++suspects_;
    credential.window = 1;
    if (!paced) credential.next_at = now + pace();  // else: since it was let go
  } else if (outcome == Outcome::success && credential.window != 0) {
    credential.window *= 2;
    credential.next_at = now;
    if (credential.window < kOpenAt) return;
    credential.window = 0;
    --suspects_;
  }
}

// Additive increase, multiplicative decrease. One loss of a link makes many timeouts: they count once.
void AdmissionQueue::adapt(Outcome outcome, SteadyTime now) {
  if (outcome == Outcome::success) {
    if (++successes_ < limit_ / 4) return;
    successes_ = 0;
    if (limit_ < limits_.per_node) ++limit_;
  } else if (outcome == Outcome::timeout) {
    if (now - halved_ < std::chrono::seconds{1}) return;
    halved_ = now;
    successes_ = 0;
    limit_ = std::max(std::min(limits_.per_node_min, limits_.per_node), limit_ / 2);
  }
}

}  // namespace camfleet::fleet
