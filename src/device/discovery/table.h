#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "device/discovery/reading.h"
#include "model/discovery.h"

namespace camfleet::device::discovery {

struct TableLimits {
  std::size_t devices = 10'000;
  std::chrono::seconds forget_after{3600};  // of silence
  // Heard again so much later, a device counts as confirmed.
  std::chrono::seconds confirmed_after{20};
};

// The devices that were heard. What several protocols, interfaces and rounds say of one device is one entry:
// the same MAC, else the same serial, else the same endpoint reference, else the same address where just one
// entry claims it. Entries whose MACs or serials both are known and differ are never one.
//
// Bounded: where it is full, a newcomer takes the place of the entry that was heard longest ago, first of
// those not confirmed. So a flood of inventions drives out itself, not what is known for longer.
//
// No lock, no clock: used on one loop, or by a test.
class Table {
 public:
  explicit Table(TableLimits limits = {}) : limits_(limits) {}

  // True where somebody who looks at the list sees a difference other than the time.
  bool see(Sighting sighting, SteadyTime now, WallTime wall);
  // True where something was forgotten.
  bool expire(SteadyTime now);
  model::DiscoveredList list() const;  // by key
  std::size_t size() const { return entries_.size(); }
  std::uint64_t evicted() const { return evicted_; }

 private:
  using Number = std::uint64_t;
  struct Entry {
    model::DiscoveredPtr device;
    SteadyTime first{};
    SteadyTime last{};
    bool confirmed = false;
  };
  using Age = std::tuple<bool, SteadyTime, Number>;

  Number find(const model::Discovered& what) const;
  Number by_address(const model::Discovered& what) const;
  void absorb_twin(Number number, model::Discovered& into);
  Number add(const model::Discovered& what, SteadyTime now);
  void index(Number number, const Entry& entry);
  void unindex(Number number, const Entry& entry);
  void erase(Number number);
  bool is_shared(const std::string& address) const;

  TableLimits limits_;
  std::unordered_map<Number, Entry> entries_;
  std::unordered_map<std::string, Number> macs_, serials_, eprs_;
  std::set<std::string, std::less<>> keys_;
  std::set<std::pair<std::string, Number>> addresses_;
  std::set<Age> ages_;
  Number next_ = 1;
  std::uint64_t evicted_ = 0;
};

}  // namespace camfleet::device::discovery
