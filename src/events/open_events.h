#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/event_store.h"

namespace camfleet::events {

struct EventLimits {
  // Cameras repeat an alarm each second while it lasts, and some never say that it ended: after such a
  // silence it has, and what is reported next is another one.
  std::chrono::milliseconds over{10'000};
  std::chrono::milliseconds update{10'000};       // an event that goes on is told again at most so often
  std::chrono::milliseconds calm_update{60'000};  // and where there is too much to write
  std::size_t open = 256;                         // events of one device that are followed
};

// Makes events out of reports: which are new, which go on, which have ended, and what their ids are. No
// report is left out because another of its kind came before: it is the start, the end or the repetition of
// an event, and a repetition counts. One thread; no clock.
class OpenEvents {
 public:
  explicit OpenEvents(EventLimits limits = {}) : limits_(limits) {}

  // What went on, and what began in the same moments, when the last run ended.
  void restore(const std::vector<model::LedgerEntry>& recent, SteadyTime now);
  // `calm`: there is too much to write. Adds none, one, or two entries (an end and a start).
  void take(model::Event report, SteadyTime now, bool calm, std::vector<model::NewEntry>& out);
  // Ends what has not been heard of for long, flagged as inferred. `waits(device)`: what it sends is not read
  // just now, so its silence says nothing.
  template <class Waits>
  void expire(SteadyTime now, WallTime wall, Waits waits, std::vector<model::NewEntry>& out) {
    for (auto& [device, all] : devices_) {
      if (all.active == 0 || waits(device)) continue;
      expire(model::DeviceId{device}, all, now, wall, out);
    }
  }
  void forget(const model::DeviceId& device) { devices_.erase(device.str()); }
  std::size_t active() const;

 private:
  struct Key {
    std::uint16_t channel = 0;
    std::string type;
    std::string detail;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct One {
    bool active = false;
    bool inferred = false;      // its end, where it has one
    model::LedgerEntry entry;   // the last one of it, without payload
    std::uint32_t said = 0;     // the device's own count, as of its last report
    std::uint32_t untold = 0;   // reports since that entry
    std::uint32_t updates = 0;  // told so far
    std::optional<WallTime> happened;
    SteadyTime heard{};
    SteadyTime told{};
  };
  struct Starts {
    std::uint32_t next = 0;
    SteadyTime at{};
  };
  struct OfDevice {
    std::map<Key, One> events;
    std::size_t active = 0;
    std::unordered_map<std::string, Starts> starts;  // by moment and what it was
  };

  void expire(const model::DeviceId& device, OfDevice& all, SteadyTime now, WallTime wall,
              std::vector<model::NewEntry>& out);
  bool goes_on(const One& one, const model::Event& report, SteadyTime now) const;
  void begin(OfDevice& all, One& one, model::Event& report, model::EventState state, SteadyTime now,
             std::vector<model::NewEntry>& out);
  static void infer_end(OfDevice& all, One& one, WallTime wall, std::vector<model::NewEntry>& out);
  void make_room(OfDevice& all, WallTime wall, std::vector<model::NewEntry>& out) const;
  std::uint32_t ordinal(OfDevice& all, const model::Event& report, std::string_view moment, SteadyTime now);

  EventLimits limits_;
  std::unordered_map<std::string, OfDevice> devices_;
};

}  // namespace camfleet::events
