#pragma once
#include "api/router.h"
#include "api/stream_cursor.h"

namespace camfleet::api {

// What a subscriber wants to hear of. A state is of interest when a device comes to it and when it leaves it.
struct StreamInterest {
  fleet::DeviceFilter devices;
  unsigned kinds = 0;   // of moves, a bit a kind
  bool alarms = false;  // neither these nor any kind: all

  bool wants(const fleet::LogEntry& entry) const;
  bool wants_alarms() const { return alarms || kinds == 0; }
};

struct StreamRequest {
  StreamInterest interest;
  StreamCursor place;
};
// The query of /api/v1/stream and Last-Event-ID; api.bad_request names the parameter.
// Without a place of its own it begins now, or with the oldest moves and the newest kOldAlarms alarms.
inline constexpr model::Seq kOldAlarms = 1'000;
Result<StreamRequest> read_stream_request(const Call& call, const fleet::MoveLog& log,
                                          const model::LedgerFeed* ledger);

// What the caller hears of an entry; null: nothing. A device that comes into his scope or leaves it is for
// him one that is added or removed, and of one that is outside by now nothing more is told, not even what
// was.
fleet::LogEntryPtr heard_by(const fleet::FleetView& caller, const fleet::LogEntryPtr& entry);
// Whether an entry of the ledger is an alarm that the caller hears of.
bool hears_alarm(const fleet::FleetView& caller, const StreamInterest& interest,
                 const model::LedgerEntry& entry);

}  // namespace camfleet::api
