#pragma once
#include <map>
#include <string>
#include <vector>

#include "model/event_store.h"

namespace camfleet::events {

inline constexpr std::string_view kBlindType = "camfleet.blind";

// Which devices could not tell of an alarm now, and since when. An interval is an event of the ledger: it
// starts when the device was last heard and ends when it is armed again. One thread; no clock.
class BlindBook {
 public:
  // Intervals that were open when the last run ended: they go on.
  void restore(const std::vector<model::LedgerEntry>& open);

  // A device comes into our sight. `heard`: when it was last heard in the run before; nothing: never.
  void enter(const model::DeviceId& device, std::optional<WallTime> heard, WallTime now,
             std::vector<model::NewEntry>& out);
  // It is blind since `from`. Where it is already, another reason ends one interval and begins the next only
  // where the first says no more of the present: the gateway did not run, an operator's wish, congestion.
  void blind(const model::DeviceId& device, const Error& why, WallTime from, WallTime now,
             std::vector<model::NewEntry>& out);
  void armed(const model::DeviceId& device, WallTime now, std::vector<model::NewEntry>& out);

  using Open = std::map<std::string, model::BlindInterval>;  // by device

  // Those that go on.
  const Open& open() const { return open_; }
  bool is_blind(const model::DeviceId& device) const { return open_.contains(device.str()); }
  std::size_t size() const { return open_.size(); }
  // By reason, 0 where there are none.
  const std::map<Code, std::size_t>& by_reason() const { return by_reason_; }
  // Makes `shown`, which was as this was at the last call, as this is: a power cut changes it thousands of
  // times, and what it holds by then is not to be copied each time.
  void show(Open& shown);

 private:
  void begin(const model::DeviceId& device, const Error& why, WallTime from, WallTime now,
             std::vector<model::NewEntry>& out);
  void end(const model::BlindInterval& interval, WallTime to, WallTime now,
           std::vector<model::NewEntry>& out);

  void forget(Open::iterator interval);

  Open open_;
  std::map<Code, std::size_t> by_reason_{{Code::blind_not_armed, 0},    {Code::blind_link_down, 0},
                                         {Code::blind_gateway_down, 0}, {Code::blind_congested, 0},
                                         {Code::blind_disabled, 0},     {Code::blind_unreadable, 0},
                                         {Code::blind_unsupported, 0}};
  std::vector<std::string> changed_;  // devices, since the last show()
};

}  // namespace camfleet::events
