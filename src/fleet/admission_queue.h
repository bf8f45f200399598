#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace camfleet::fleet {

struct AdmissionLimits {
  std::size_t per_node =
      128;  // devices that connect at once, at most; the limit moves between per_node_min and this
  std::size_t per_node_min = 16;
  std::size_t per_node_start = 64;
  std::size_t per_subnet = 48;  // IPv4 /24, IPv6 /64; host names have none
  std::size_t per_address = 4;  // devices behind one address (forwarded ports)
};

// Devices that failed again and again stand behind those that may well answer.
enum class Priority : std::uint8_t { watched, normal, failing };

// How an attempt ended, as far as the network's load is concerned.
enum class Outcome : std::uint8_t {
  success,
  timeout,  // the network or the devices cannot follow: the limit halves, once a second at most. Only of a
            // device that answered before: those that are off for long say nothing of load
  neutral,  // refused, bad password, cancelled: says nothing of load
};

// Who may connect now. Pure logic: no clock, no lock, no coroutine; every call returns the tickets that got a
// slot by it. First come first served within a priority, but whoever waits for a full subnet or address holds
// up nobody else. All calls are O(log n).
class AdmissionQueue {
 public:
  using Ticket = std::uint64_t;
  using Granted = std::vector<Ticket>;
  struct Numbers {
    std::size_t waiting = 0;
    std::size_t connecting = 0;
    std::size_t limit = 0;
    std::size_t most = 0;  // that ever connected at once
  };

  explicit AdmissionQueue(AdmissionLimits limits);

  // A new waiter; its own ticket is among `granted` where it may go at once.
  Ticket enter(std::string_view address, Priority priority, Granted& granted);
  // A waiter or a holder that gives up or is done; unknown tickets are ignored.
  void leave(Ticket ticket, Outcome outcome, SteadyTime now, Granted& granted);

  Numbers numbers() const { return {waiting_, connecting_, limit_, most_}; }

 private:
  // One place in the order: lower goes first.
  struct Turn {
    Priority priority;
    Ticket ticket;
    auto operator<=>(const Turn&) const = default;
  };
  struct Subnet;
  struct Host {  // one address
    Subnet* subnet = nullptr;
    std::string name;
    std::size_t connecting = 0;
    std::set<Turn> waiting;
  };
  struct Subnet {
    std::string name;
    std::size_t cap = 0;
    std::size_t connecting = 0;
    std::size_t members = 0;                 // waiters and holders
    std::set<std::pair<Turn, Host*>> ready;  // the first of each host with a waiter and room
  };
  struct Entry {
    Host* host = nullptr;
    Priority priority = Priority::normal;
    bool granted = false;
  };

  // Takes the host's and its subnet's place out of the ready sets, or puts it in again, as its numbers say.
  void unlist(Host& host);
  void enlist(Host& host);
  void grant(Granted& granted);
  void adapt(Outcome outcome, SteadyTime now);
  Host& host_of(std::string_view address);
  void drop_if_idle(Host& host);

  AdmissionLimits limits_;
  std::size_t limit_;
  std::size_t successes_ = 0;  // since the limit last grew
  SteadyTime halved_{};
  Ticket next_ = 1;
  std::size_t waiting_ = 0;
  std::size_t connecting_ = 0;
  std::size_t most_ = 0;
  std::unordered_map<std::string, Subnet> subnets_;
  std::unordered_map<std::string, Host> hosts_;
  std::unordered_map<Ticket, Entry> entries_;
  std::set<std::pair<Turn, Subnet*>> ready_;  // the first of each subnet that has room
};

// "10.0.3.0/24", "fd00:1:2:3::/64"; empty for host names.
std::string subnet_of(std::string_view address);

}  // namespace camfleet::fleet
