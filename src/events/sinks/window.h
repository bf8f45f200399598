#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "model/ledger.h"

namespace camfleet::events::sinks {

// The entries of one sink between its cursor and what was read of the ledger: which may go out next, and how
// far the cursor is. Of each device one is on its way at a time (or one batch), so their order holds; what a
// device waits for holds up no other device. Bounded in entries and bytes. Not thread-safe.
class Window {
 public:
  struct Limits {
    std::size_t entries = 1024;
    std::size_t bytes = 16 * 1024 * 1024;
  };
  struct Slot {
    model::LedgerEntryPtr entry;
    std::uint32_t tries = 0;                 // attempts that ended badly
    std::uint64_t delivered_at_failure = 0;  // what the sink had when it failed first
  };

  Window(model::Seq cursor, Limits limits) : limits_(limits), read_(cursor) {}

  bool full() const { return slots_.size() >= limits_.entries || bytes_ >= limits_.bytes; }
  std::size_t size() const { return slots_.size(); }
  // Entries come in ascending order; what is not for this sink is passed over.
  void add(model::LedgerEntryPtr entry);
  void pass(model::Seq seq) { read_ = seq; }
  // The last that was read.
  model::Seq read() const { return read_; }
  // Up to here everything has been settled.
  model::Seq cursor() const { return slots_.empty() ? read_ : slots_.begin()->first - 1; }

  // Up to `most` entries that may go out now, those of a device in order; devices take turns. They and their
  // devices are busy until settle() or release().
  std::vector<model::Seq> take(SteadyTime now, std::size_t most);
  Slot& at(model::Seq seq) { return slots_.at(seq); }
  bool has(model::Seq seq) const { return slots_.contains(seq); }
  // The first of its device's entries is done: delivered or parked.
  void settle(model::Seq seq);
  // The device's entries may go out again, not before `when`. After the results of a take() were looked at.
  void release(const model::DeviceId& device, SteadyTime when = {});
  // When a device that waits may go on, if one does.
  std::optional<SteadyTime> next_due() const;

 private:
  // Of a device that has entries; it is among the ready ones, or held, or busy.
  struct Lane {
    std::deque<model::Seq> waiting;
  };

  Limits limits_;
  model::Seq read_;
  std::size_t bytes_ = 0;
  std::map<model::Seq, Slot> slots_;
  std::unordered_map<std::string, Lane> lanes_;
  std::deque<std::string> ready_;
  std::multimap<SteadyTime, std::string> held_;
};

}  // namespace camfleet::events::sinks
