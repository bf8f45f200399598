#pragma once
#include <span>

#include "model/event_store.h"
#include "storage/sqlite/database.h"

namespace camfleet::storage {

// One file of the ledger.
std::span<const char* const> event_migrations();

// The columns that read_entry() takes, in its order.
inline constexpr std::string_view kEntryColumns =
    "seq,event,state,ordinal,device,channel,type,detail,description,target,source,device_time,happened,"
    "started,received,count,flags,pictures";
inline constexpr int kPayloadColumn = 18;  // where `,payload` follows them

inline constexpr std::string_view kInsertEntry =
    "INSERT OR IGNORE INTO entries(seq,event,state,ordinal,device,channel,type,detail,description,target,"
    "source,device_time,happened,started,received,count,flags,pictures,payload,reports) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
void bind_entry(Statement& insert, model::Seq seq, const model::NewEntry& entry);
model::LedgerEntry read_entry(const Statement& row, bool payload);

inline std::int64_t micros(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime from_micros(std::int64_t time) { return WallTime{std::chrono::microseconds{time}}; }

}  // namespace camfleet::storage
