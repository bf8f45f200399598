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

AdmissionQueue::Host& AdmissionQueue::host_of(std::string_view address) {
  auto [it, fresh] = hosts_.try_emplace(std::string{address});
  auto& host = it->second;
  if (!fresh) return host;
  host.name = it->first;
  auto name = subnet_of(address);
  const bool counted = !name.empty();
  if (!counted) name = "=" + host.name;  // a host name is a subnet of its own
  auto& subnet = subnets_[name];
  if (subnet.name.empty()) {
    subnet.name = name;
    subnet.cap = counted ? limits_.per_subnet : std::numeric_limits<std::size_t>::max();
  }
  host.subnet = &subnet;
  return host;
}

void AdmissionQueue::drop_if_idle(Host& host) {
  if (host.connecting != 0 || !host.waiting.empty()) return;
  auto& subnet = *host.subnet;
  hosts_.erase(std::string{host.name});
  if (subnet.members == 0) subnets_.erase(std::string{subnet.name});
}

void AdmissionQueue::unlist(Host& host) {
  auto& subnet = *host.subnet;
  if (!subnet.ready.empty()) ready_.erase({subnet.ready.begin()->first, &subnet});
  if (!host.waiting.empty()) subnet.ready.erase({*host.waiting.begin(), &host});
}

void AdmissionQueue::enlist(Host& host) {
  auto& subnet = *host.subnet;
  if (!host.waiting.empty() && host.connecting < limits_.per_address)
    subnet.ready.insert({*host.waiting.begin(), &host});
  if (!subnet.ready.empty() && subnet.connecting < subnet.cap)
    ready_.insert({subnet.ready.begin()->first, &subnet});
}

AdmissionQueue::Ticket AdmissionQueue::enter(std::string_view address, Priority priority, Granted& granted) {
  const auto ticket = next_++;
  auto& host = host_of(address);
  unlist(host);
  host.waiting.insert({priority, ticket});
  ++host.subnet->members;
  enlist(host);
  entries_.insert({ticket, Entry{&host, priority, false}});
  ++waiting_;
  grant(granted);
  return ticket;
}

void AdmissionQueue::leave(Ticket ticket, Outcome outcome, SteadyTime now, Granted& granted) {
  const auto it = entries_.find(ticket);
  if (it == entries_.end()) return;
  const auto entry = it->second;
  entries_.erase(it);
  auto& host = *entry.host;
  unlist(host);
  --host.subnet->members;
  if (entry.granted) {
    --host.connecting;
    --host.subnet->connecting;
    --connecting_;
    adapt(outcome, now);
  } else {
    host.waiting.erase({entry.priority, ticket});
    --waiting_;
  }
  enlist(host);
  drop_if_idle(host);
  grant(granted);
}

void AdmissionQueue::grant(Granted& granted) {
  while (connecting_ < limit_ && !ready_.empty()) {
    auto& subnet = *ready_.begin()->second;
    auto& host = *subnet.ready.begin()->second;
    unlist(host);
    const auto turn = *host.waiting.begin();
    host.waiting.erase(host.waiting.begin());
    ++host.connecting;
    ++subnet.connecting;
    enlist(host);
    entries_.at(turn.ticket).granted = true;
    --waiting_;
    ++connecting_;
    most_ = std::max(most_, connecting_);
    granted.push_back(turn.ticket);
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
