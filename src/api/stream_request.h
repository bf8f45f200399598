#pragma once
#include "api/router.h"
#include "fleet/move_log.h"

namespace camfleet::api {

// What a subscriber wants to hear of. A state is of interest when a device comes to it and when it leaves it.
struct StreamInterest {
  fleet::DeviceFilter devices;
  unsigned kinds = 0;  // a bit a kind; none: all

  bool wants(const fleet::LogEntry& entry) const;
};

struct StreamRequest {
  StreamInterest interest;
  fleet::LogCursor place;
};
// The query of /api/v1/stream and Last-Event-ID; api.bad_request names the parameter.
Result<StreamRequest> read_stream_request(const Call& call, const fleet::MoveLog& log);

// What the caller hears of an entry; null: nothing. A device that comes into his scope or leaves it is for
// him one that is added or removed, and of one that is outside by now nothing more is told, not even what
// was.
fleet::LogEntryPtr heard_by(const fleet::FleetView& caller, const fleet::LogEntryPtr& entry);

}  // namespace camfleet::api
