#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/event.h"
#include "net/asio.h"

namespace camfleet::model {

// The place of an entry in the ledger: from 1, in the order in which they were committed, never used again.
using Seq = std::uint64_t;

enum class EventState : std::uint8_t { start, update, end, pulse };
std::string_view to_text(EventState state);  // "start", ...

// Where a picture of an event is kept.
struct PictureRef {
  std::string id;  // for GET /api/v1/events/pictures/ID
  std::string content_type;
  std::uint32_t size = 0;
};

// One entry of the ledger: a state of an event. Never changed once it is committed; shared by all who read.
struct LedgerEntry {
  Seq seq = 0;
  std::string event;  // id of the event, the same in all its states and whoever reads it: 26 letters
  EventState state = EventState::pulse;
  std::uint32_t ordinal = 0;  // of this state among the event's entries, from 0: updates count on
  DeviceId device;            // empty: the gateway itself
  std::uint16_t channel = 0;
  std::string type;  // "vmd", "camfleet.device", "camfleet.blind"
  std::string detail;
  std::string description;
  std::string target;
  EventSource source = EventSource::stream;
  std::string device_time;           // as it came
  std::optional<WallTime> happened;  // the same, corrected by what is known of the device's clock
  WallTime started{};                // of the event
  WallTime received{};
  std::uint32_t count = 0;  // reports of the event so far
  bool inferred = false;    // an end that the device never told
  bool replayed = false;    // the device kept it and told it late
  std::string payload;      // the document as it came
  bool payload_cut = false;
  std::vector<PictureRef> pictures;

  // The id that consumers tell entries apart by, the `id` of its CloudEvent: "EVENT/start", "EVENT/update/3";
  // "EVENT/end/1" is what the device told of an end after we had inferred one.
  std::string id() const;
};
using LedgerEntryPtr = std::shared_ptr<const LedgerEntry>;

// The committed part of the ledger, for who follows it: sinks, live streams. Thread-safe; tasks run on the
// loop of the caller.
class LedgerFeed {
 public:
  virtual ~LedgerFeed() = default;
  // The newest that is committed, 0: none.
  virtual Seq newest() const = 0;
  // The oldest that is still kept, newest() + 1 where none is.
  virtual Seq oldest() const = 0;
  // Up to `limit` entries past `after`, ascending; empty where there are none yet. ledger.damaged names the
  // place, and the next call may go on behind it.
  virtual net::Task<Result<std::vector<LedgerEntryPtr>>> read(Seq after, std::size_t limit) = 0;
  // Until newest() is past `seq` or the deadline passes.
  virtual net::Task<> wait_past(Seq seq, Deadline deadline) = 0;

  // Rung after each commit, on its thread: must not wait, nor call the feed. Taken off by silence(), after
  // which it does not ring. For who wakes many by one bell.
  class Bell {
   public:
    virtual ~Bell() = default;
    virtual void ring() = 0;
  };
  virtual void listen(Bell& /*bell*/) {}
  virtual void silence(Bell& /*bell*/) {}
};

// What a sink has done with the ledger, for the account and for what may be removed.
struct SinkStanding {
  std::string id;
  Seq begun = 0;            // entries up to this one are not for it
  Seq cursor = 0;           // of those past `begun`, all up to here are delivered or parked
  std::vector<Seq> parked;  // ascending
};

// The sinks as the account sees them. Thread-safe; nothing of it waits.
class SinkAccounts {
 public:
  virtual ~SinkAccounts() = default;
  virtual std::vector<SinkStanding> standings() const = 0;
  // Whether the filter of this sink lets such entries through.
  virtual bool wants(std::string_view sink, const DeviceId& device, std::uint16_t channel,
                     std::string_view type) const = 0;
};

}  // namespace camfleet::model
