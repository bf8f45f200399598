#include "storage/sqlite/event_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "storage/sqlite/event_rows.h"

namespace camfleet::storage {

using model::Seq;

namespace {

constexpr std::uint64_t kLogBytes = 16 * 1024 * 1024;  // of a log before it is moved into its database
constexpr std::uint64_t kRowBytes = 1'024;  // what an entry adds to the log beside its payload, about
constexpr std::uint64_t kParts = 8;         // a file is at most this part of what all may take
constexpr std::chrono::hours kClockJump{1};
constexpr std::chrono::hours kDistrust{24};

// errno of writing a byte into a file of this directory; 0: it can be written.
int refused_by(const std::filesystem::path& directory) {
  const auto path = directory / ".probe";
  const net::Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  const bool wrote = file && ::write(file.fd(), "x", 1) == 1;
  const int refusal = wrote ? 0 : errno;
  ::unlink(path.c_str());
  return refusal;
}

// What cannot be opened or read is told as the ledger's failure.
Error as_ledger(Error error) {
  if (error.code == Code::storage_failed) error.code = Code::ledger_failed;
  return error;
}

}  // namespace

// --- writing

Result<void> SqliteEventStore::open_file(EventFile file) {
  int why = 0;
  auto database = Database::open(files_.database(file), event_migrations(), &why);
  if (why == SQLITE_IOERR_FSYNC || why == SQLITE_IOERR_DIR_FSYNC)
    end_by_failed_sync(files_.database(file).string(), EIO);
  if (!database) return fail(database.error());
  database->keep_log_on_close();
  // One connection writes and moves the log, between batches and not within one.
  if (const auto set = database->execute("PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY"); !set)
    return set;
  auto insert = database->prepare(kInsertEntry);
  if (!insert) return fail(insert.error());
  auto began = database->prepare("SELECT IFNULL(MIN(received), 0) FROM entries");
  const auto row = began ? began->step() : Result<bool>{fail(began.error())};
  if (!row) return fail(row.error());
  const auto since = began->number(0) != 0 ? from_micros(began->number(0)) : system_clock().wall();
  const auto upto = file.upto;
  open_ = std::make_unique<Open>(
      Open{std::move(file), std::move(*database), std::move(*insert), std::nullopt, kLogBytes, since, upto});
  sync_directory(files_.directory());
  return {};
}

// Of a failure of SQLite: is it the room, the right, or the disk?
Error SqliteEventStore::judge(Database& database, const Error& error) const {
  const int code = database.failed_with();
  const int system = database.system_error();
  switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      end_by_failed_sync(error.place, system);
    case SQLITE_FULL:
      return Error{Code::ledger_full, error.place};
    case SQLITE_READONLY:
    case SQLITE_READONLY_DBMOVED:
    case SQLITE_READONLY_DIRECTORY:
      return Error{Code::ledger_read_only, error.place};
    default:
      break;
  }
  if (system != 0) return disk_error(error.place, system);
  // What a commit failed by is not told. The disk is asked.
  if ((code & 0xFF) == SQLITE_IOERR)
    if (const int refusal = refused_by(files_.directory()); refusal != 0)
      return disk_error(error.place, refusal);
  return as_ledger(error);
}

// Another day, or enough for one file: the next one. Days never go back, whatever the clock does.
Result<void> SqliteEventStore::turn(WallTime now) {
  const auto day = day_of(now);
  EventFile next{day, 1, 0, 0, {}};
  if (open_) {
    const bool large = files_.bytes(open_->file) > options_.max_bytes / kParts;
    if (day <= open_->file.day && !large) return {};
    if (day <= open_->file.day) next = {open_->file.day, open_->file.number + 1, 0, 0, {}};
    // A batch that was refused may have pictures in this file already.
    if (open_->pictures) open_->pictures->sync();
    if (const auto moved = open_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !moved)
      return fail(judge(open_->database, moved.error()));
  }
  const auto before = std::move(open_);
  if (const auto opened = open_file(next); !opened) {
    // Where there is no room for a new file there may be for another row.
    if (before) open_ = std::make_unique<Open>(std::move(*before));
    const auto& why = opened.error();
    return fail(Code::ledger_failed, why.text());
  }
  files_.turn(before ? before->upto : WallTime{}, next);
  return {};
}

Result<void> SqliteEventStore::append(std::span<model::NewEntry> entries) {
  if (entries.empty()) return {};
  if (const auto turned = turn(system_clock().wall()); !turned) {
    if (!open_) return turned;
    log::warn("ledger.same_file", {{"why", turned.error().text()}});
  }
  const auto known = older_.know(entries, open_->since);
  if (const auto written = write_pictures(entries, known); !written) return written;
  const auto before = next_;
  auto done = transaction(entries, known);
  if (!done) {
    const auto judged = judge(open_->database, done.error());
    [[maybe_unused]] const auto rolled_back = open_->database.execute("ROLLBACK");
    next_ = before;
    for (auto& entry : entries) entry.entry.seq = 0;
    return fail(judged);
  }
  if (next_ > before) files_.grew(before, next_ - 1);
  for (const auto& entry : entries) {
    open_->log += kRowBytes + entry.entry.payload.size();
    open_->upto = std::max(open_->upto, entry.entry.received);
  }
  return {};
}

// Before the rows that name them. One that was written by a try before is not written again.
Result<void> SqliteEventStore::write_pictures(std::span<model::NewEntry> entries,
                                              const std::vector<bool>& known) {
  bool any = false;
  for (std::size_t at_entry = 0; at_entry < entries.size(); ++at_entry) {
    if (known[at_entry]) continue;
    auto& fresh = entries[at_entry];
    for (auto i = fresh.entry.pictures.size(); i < fresh.pictures.size(); ++i) {
      const auto& picture = fresh.pictures[i];
      if (!open_->pictures) {
        auto opened = PictureFile::open(files_.pictures(open_->file));
        if (!opened) return fail(opened.error());
        open_->pictures.emplace(std::move(*opened));
      }
      const auto at = open_->pictures->append(fresh.entry.device, picture);
      if (!at) return fail(at.error());
      fresh.entry.pictures.push_back({open_->file.stem().substr(3) + "_" + std::to_string(*at),
                                      picture.content_type, static_cast<std::uint32_t>(picture.data.size())});
      any = true;
    }
  }
  if (any) open_->pictures->sync();
  return {};
}

Result<void> SqliteEventStore::transaction(std::span<model::NewEntry> entries,
                                           const std::vector<bool>& known) {
  auto& database = open_->database;
  if (const auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto& fresh = entries[i];
    if (known[i]) {
      fresh.entry.seq = 0;
      continue;
    }
    bind_entry(open_->insert, next_, fresh);
    if (const auto inserted = open_->insert.run(); !inserted) return inserted;
    fresh.entry.seq = database.changes() == 1 ? next_++ : 0;
  }
  return database.execute("COMMIT");
}

void SqliteEventStore::settle() {
  if (!open_ || open_->log < kLogBytes) return;
  open_->log = 0;
  if (const auto moved = open_->database.execute("PRAGMA wal_checkpoint(PASSIVE)"); !moved) {
    const auto why = judge(open_->database, moved.error());
    log::debug("ledger.log_not_moved", {{"why", why.text()}});
  }
}

// --- marks

Result<void> SqliteEventStore::set(std::string_view key, std::int64_t value) {
  return set_.bind(1, key).bind(2, value).run();
}

Result<void> SqliteEventStore::mark(WallTime alive, const std::map<std::string, model::DeviceMark>& devices) {
  auto done = state_->execute("BEGIN IMMEDIATE");
  if (done) done = set("alive", micros(alive));
  if (done) done = set("newest", static_cast<std::int64_t>(next_ - 1));
  for (const auto& [id, mark] : devices)
    if (done) done = heard_.bind(1, id).bind(2, micros(mark.heard)).run();
  if (done) done = state_->execute("COMMIT");
  if (done) return done;
  const auto judged = judge(*state_, done.error());
  [[maybe_unused]] const auto rolled_back = state_->execute("ROLLBACK");
  return fail(judged);
}

Result<void> SqliteEventStore::forget(const std::string& device) {
  auto statement = state_->prepare("DELETE FROM devices WHERE id = ?");
  if (!statement) return fail(statement.error());
  return statement->bind(1, device).run();
}

Result<void> SqliteEventStore::close(WallTime alive,
                                     const std::map<std::string, model::DeviceMark>& devices) {
  if (open_)
    if (const auto moved = open_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !moved)
      return fail(judge(open_->database, moved.error()));
  if (const auto marked = mark(alive, devices); !marked) return marked;
  auto done = set("clean", 1);
  if (done) done = state_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!done) return fail(judge(*state_, done.error()));
  return {};
}

// --- what is old

// A clock that jumped must not make a year of events old at once.
bool SqliteEventStore::may_remove_by_age(WallTime now) {
  const auto steady = system_clock().steady();
  const auto ahead = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch() -
                                                                           steady.time_since_epoch());
  if (wall_ahead_ && std::chrono::abs(ahead - *wall_ahead_) > kClockJump)
    trust_clock_at_ = steady + kDistrust;
  wall_ahead_ = ahead;
  return steady >= trust_clock_at_;
}

Result<std::optional<model::EventStore::Removed>> SqliteEventStore::retain(Seq needed, WallTime now) {
  auto all = files_.all();
  if (all.size() < 2) return std::nullopt;
  std::uint64_t sum = 0;
  for (const auto& file : all) sum += files_.bytes(file);
  const bool by_age = may_remove_by_age(now);
  const auto limit = day_of(now - options_.keep);
  const auto& oldest = all.front();
  const bool old = by_age && oldest.day < limit;
  const bool too_much = sum > options_.max_bytes;
  if (!too_much && (!old || oldest.last > needed)) return std::nullopt;

  Removed out;
  out.last = oldest.last;
  if (oldest.last > needed) {
    auto database = Database::open_to_read(files_.database(oldest));
    if (!database) return fail(as_ledger(database.error()));
    auto count = database->prepare(
        "SELECT COUNT(*), IFNULL(MIN(received), 0), IFNULL(MAX(received), 0) FROM entries WHERE seq > ?");
    if (!count) return fail(as_ledger(count.error()));
    const auto row = count->bind(1, static_cast<std::int64_t>(needed)).step();
    if (!row) return fail(as_ledger(row.error()));
    out.undelivered = static_cast<std::uint64_t>(count->number(0));
    out.from = from_micros(count->number(1));
    out.to = from_micros(count->number(2));
  }
  older_.close(oldest);
  files_.remove(oldest);
  for (const auto* end : {".db", ".db-wal", ".db-shm", ".pic"}) {
    std::error_code none;
    std::filesystem::remove(files_.directory() / (oldest.stem() + end), none);
  }
  return out;
}

}  // namespace camfleet::storage
