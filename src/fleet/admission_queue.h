#pragma once
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "fleet/credentials.h"

namespace camfleet::fleet {

struct AdmissionLimits {
  std::size_t per_node =
      128;  // devices that connect at once, at most; the limit moves between per_node_min and this
  std::size_t per_node_min = 16;
  std::size_t per_node_start = 64;
  std::size_t per_subnet = 48;      // IPv4 /24, IPv6 /64; host names have none
  std::size_t per_address = 4;      // devices behind one address (a recorder, forwarded ports)
  std::size_t per_credential = 64;  // devices that share a user name and password
  // A credential that a device refused is suspect: one device at a time, so many a second...
  unsigned suspect_per_second = 4;
  // ...and one that gives no answer for so long holds up the others no longer.
  std::chrono::milliseconds suspect_patience{1'000};
};

// Devices that failed again and again stand behind those that may well answer. A rank is a head start of
// kHeadStart arrivals and no more, so that nobody is overtaken for ever.
enum class Priority : std::uint8_t { watched, normal, failing };

// How an attempt ended, as far as the network's load and the credential are concerned.
enum class Outcome : std::uint8_t {
  success,
  timeout,  // the network or the devices cannot follow: the limit halves, once a second at most. Only of a
            // device that answered before: those that are off for long say nothing of load
  refused,  // the user name or password: others that share it must not rush into the same
  neutral,  // unreachable, locked, cancelled: says nothing
};

// Who may connect now. Pure logic: time goes in as a value; no lock, no coroutine; every call returns the
// tickets that got a slot by it. First come first served within a priority, but whoever waits for a full
// subnet, address or credential holds up nobody else.
//
// The credential guard: after a refusal the devices with that credential are tried one at a time,
// suspect_per_second at most. Each success doubles how many may go at once, until at kOpenAt it is open
// again; each refusal begins anew. What it costs is bounded: a device with k others of its credential before
// it is let go after k * max(1 / suspect_per_second, suspect_patience) at the latest, as far as the other
// caps go.
//
// All calls are O(log n) times the number of shared credentials in one subnet.
class AdmissionQueue {
 public:
  using Ticket = std::uint64_t;
  using Granted = std::vector<Ticket>;
  static constexpr std::uint64_t kHeadStart = 50'000;
  static constexpr std::size_t kOpenAt = 16;
  struct Numbers {
    std::size_t waiting = 0;
    std::size_t connecting = 0;
    std::size_t limit = 0;
    std::size_t most = 0;      // that ever connected at once
    std::size_t suspects = 0;  // credentials
  };

  explicit AdmissionQueue(AdmissionLimits limits);

  // A new waiter; its own ticket is among `granted` where it may go at once. `credential`: 0 where no other
  // device shares it.
  Ticket enter(std::string_view address, CredentialId credential, Priority priority, SteadyTime now,
               Granted& granted);
  // A waiter or a holder that gives up or is done; unknown tickets are ignored.
  void leave(Ticket ticket, Outcome outcome, SteadyTime now, Granted& granted);
  // Time has passed.
  void tick(SteadyTime now, Granted& granted);
  // When tick() is due; kNever: no suspect credential waits for its time.
  SteadyTime next_tick() const { return timers_.empty() ? kNever : timers_.begin()->first; }
  bool suspect(CredentialId credential) const;
  // Nobody has it any more.
  void forget(CredentialId credential);

  Numbers numbers() const { return {waiting_, connecting_, limit_, most_, suspects_}; }

 private:
  // One place in the order: lower goes first.
  struct Turn {
    std::uint64_t order;
    Ticket ticket;
    auto operator<=>(const Turn&) const = default;
  };
  struct Cell;
  struct Credential {
    CredentialId id = 0;
    std::size_t cap = 0;
    std::size_t connecting = 0;
    std::size_t members = 0;  // waiters and holders
    std::size_t window = 0;   // while suspect: how many at once; 0: open
    SteadyTime next_at{};     // while suspect: not before
    SteadyTime granted_at{};
    std::set<std::pair<Turn, Cell*>> ready;  // the first of each cell whose subnet has room
    std::optional<Turn> listed;              // in ready_
    SteadyTime timer = kNever;               // in timers_
  };
  struct Lane;
  struct Subnet;
  struct Cell {  // one credential in one subnet
    Subnet* subnet = nullptr;
    Credential* credential = nullptr;
    std::size_t members = 0;
    std::set<std::pair<Turn, Lane*>> ready;  // the first of each lane whose host has room
    std::optional<Turn> listed;
  };
  struct Host {  // one address
    Subnet* subnet = nullptr;
    std::string name;
    std::size_t connecting = 0;
    std::map<CredentialId, Lane> lanes;
  };
  struct Lane {  // one credential at one host
    Host* host = nullptr;
    Cell* cell = nullptr;
    std::size_t members = 0;
    std::set<Turn> waiting;
    std::optional<Turn> listed;
  };
  struct Subnet {
    std::string name;
    std::size_t cap = 0;
    std::size_t connecting = 0;
    std::size_t members = 0;
    std::map<CredentialId, Cell> cells;
  };
  struct Entry {
    Lane* lane = nullptr;
    Turn turn{};
    bool granted = false;
  };

  Lane& lane_of(std::string_view address, CredentialId credential);
  void drop_if_idle(Lane& lane);
  // Puts it where its numbers say, or takes it out.
  void list(Lane& lane);
  void list(Cell& cell);
  void list(Credential& credential, SteadyTime now);
  void count(Lane& lane, bool begins);
  bool has_room(const Credential& credential, SteadyTime now) const;
  SteadyTime room_at(const Credential& credential) const;
  void grant(SteadyTime now, Granted& granted);
  void adapt(Outcome outcome, SteadyTime now);
  void judge(Credential& credential, Outcome outcome, SteadyTime now);
  std::chrono::milliseconds pace() const;

  AdmissionLimits limits_;
  std::size_t limit_;
  std::size_t successes_ = 0;  // since the limit last grew
  SteadyTime halved_{};
  Ticket next_ = 1;
  std::size_t waiting_ = 0;
  std::size_t connecting_ = 0;
  std::size_t most_ = 0;
  std::size_t suspects_ = 0;
  std::unordered_map<std::string, Subnet> subnets_;
  std::unordered_map<std::string, Host> hosts_;
  std::unordered_map<CredentialId, Credential> credentials_;
  std::unordered_map<Ticket, Entry> entries_;
  std::set<std::pair<Turn, Credential*>> ready_;  // the first of each credential that has room
  std::set<std::pair<SteadyTime, Credential*>> timers_;
};

// "10.0.3.0/24", "fd00:1:2:3::/64"; empty for host names.
std::string subnet_of(std::string_view address);

}  // namespace camfleet::fleet
