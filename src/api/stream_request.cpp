#include "api/stream_request.h"

#include <algorithm>

#include "api/query.h"

namespace camfleet::api {

using fleet::LogEntry;
using fleet::LogEntryPtr;
using fleet::MoveLog;

bool StreamInterest::wants(const LogEntry& entry) const {
  if ((kinds != 0 || alarms) && (kinds & (1U << static_cast<unsigned>(entry.kind))) == 0) return false;
  return devices.matches_labels(entry.device->id, entry.device->tags) &&
         (devices.matches_state(entry.to, entry.reason) || devices.matches_state(entry.from, entry.reason));
}

LogEntryPtr heard_by(const fleet::FleetView& caller, const LogEntryPtr& entry) {
  if (caller.is_whole()) return entry;
  const auto covered = [&](const fleet::Subject& one) { return caller.scope()->covers(one.id, one.tags); };
  const bool is = covered(*entry->device);
  const bool was = entry->was ? covered(*entry->was) : is;
  if (!is && !was) return nullptr;
  if (is && entry->kind != LogEntry::Kind::removed && !caller.has(entry->device->id)) return nullptr;
  if (is == was) return entry;
  auto told = std::make_shared<LogEntry>(*entry);
  told->kind = is ? LogEntry::Kind::added : LogEntry::Kind::removed;
  if (!is) told->device = entry->was;
  return told;
}

// What the gateway itself has to tell (moves, blind intervals) is no alarm; moves are told as such.
bool hears_alarm(const fleet::FleetView& caller, const StreamInterest& interest,
                 const model::LedgerEntry& entry) {
  if (entry.source == model::EventSource::gateway || !interest.wants_alarms()) return false;
  if (!caller.is_whole() && !caller.has(entry.device)) return false;
  if (interest.devices.empty()) return true;
  // As the device is now: the ledger keeps neither its tags nor its state.
  const auto view = caller.show(entry.device);
  if (!view) return interest.devices.matches_labels(entry.device, {}) && !interest.devices.has_state();
  return interest.devices.matches_labels(entry.device, (*view)->spec.tags) &&
         interest.devices.matches_state((*view)->state, (*view)->reason);
}

namespace {

// The newest alarms of a ledger that goes back for months.
model::Seq before_old_alarms(const model::LedgerFeed& ledger) {
  const auto newest = ledger.newest();
  const auto oldest = ledger.oldest();
  return std::max(oldest > 0 ? oldest - 1 : 0, newest > kOldAlarms ? newest - kOldAlarms : 0);
}

Result<StreamCursor> place_of(const Call& call, Query& query, const MoveLog& log,
                              const model::LedgerFeed* ledger) {
  const auto cursor = query.one("cursor");
  if (!cursor) return fail(cursor.error());
  const auto from = query.one("from");
  if (!from) return fail(from.error());
  if (*cursor && *from) return fail(Code::api_bad_request, "from: has no meaning beside a cursor");
  if (*from && **from != "now" && **from != "oldest")
    return fail(Code::api_bad_request, "from: wants now or oldest");
  // The header is the newer one: a browser that comes back asks with the address that it was given.
  const auto& headers = call.exchange.request().headers;
  const bool resumes = !headers.get("Last-Event-ID").empty();
  if (resumes || *cursor) {
    const auto place =
        parse_stream_cursor(resumes ? headers.get("Last-Event-ID") : std::string_view{**cursor});
    if (!place)
      return fail(Code::api_bad_request,
                  std::string{resumes ? "Last-Event-ID" : "cursor"} + ": not one of ours");
    auto known = *place;
    if (!known.events && ledger != nullptr) known.events = ledger->newest();
    return known;
  }
  const bool oldest = *from && **from == "oldest";
  StreamCursor out{oldest ? log.oldest() : log.cursor(), {}};
  if (ledger != nullptr) out.events = oldest ? before_old_alarms(*ledger) : ledger->newest();
  return out;
}

}  // namespace

Result<StreamRequest> read_stream_request(const Call& call, const MoveLog& log,
                                          const model::LedgerFeed* ledger) {
  auto query = Query::read(call.exchange.query());
  if (!query) return fail(query.error());
  StreamRequest request;
  const auto place = place_of(call, *query, log, ledger);
  if (!place) return fail(place.error());
  request.place = *place;
  for (const auto& type : query->many("type")) {
    if (type == "alarm") {
      request.interest.alarms = true;
      continue;
    }
    unsigned bit = 0;
    for (const auto kind :
         {LogEntry::Kind::move, LogEntry::Kind::added, LogEntry::Kind::changed, LogEntry::Kind::removed})
      if (type == fleet::to_text(kind)) bit = 1U << static_cast<unsigned>(kind);
    if (bit == 0) return fail(Code::api_bad_request, "type: wants move, alarm, added, changed or removed");
    request.interest.kinds |= bit;
  }
  for (const auto& name : {"device", "tag", "state", "reason"})
    for (const auto& value : query->many(name)) {
      const auto taken =
          request.interest.devices.take(std::string_view{name} == "device" ? "id" : name, value);
      if (!taken) return fail(taken.error());
    }
  if (const auto done = query->done(); !done) return fail(done.error());
  return request;
}

}  // namespace camfleet::api
