#include "storage/sqlite/event_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/log.h"
#include "storage/sqlite/event_rows.h"

namespace camfleet::storage {

using model::Seq;

namespace {

constexpr std::uint64_t kLogBytes = 16 * 1024 * 1024;  // of a log before it is moved into its database
constexpr std::uint64_t kRowBytes = 1'024;  // what an entry adds to the log beside its payload, about
constexpr std::uint64_t kParts = 8;         // a file is at most this part of what all may take
constexpr Seq kLostSeqs = 1'000'000;        // left out behind a damaged file, whose last number is not known
constexpr std::chrono::minutes kRecent{10};
constexpr std::size_t kMostRecent = 100'000;
constexpr std::chrono::hours kClockJump{1};
constexpr std::chrono::hours kDistrust{24};

std::span<const char* const> state_migrations() {
  static constexpr const char* kMigrations[] = {R"(
    CREATE TABLE facts(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE devices(id TEXT PRIMARY KEY, heard INTEGER NOT NULL) STRICT, WITHOUT ROWID)"};
  return kMigrations;
}

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

// --- the start

Result<model::LedgerMemory> SqliteEventStore::recover() {
  model::LedgerMemory memory;
  std::error_code failed;
  std::filesystem::create_directories(files_.directory(), failed);
  if (failed) return fail(disk_error(files_.directory().string(), failed.value()));
  std::filesystem::permissions(files_.directory(), std::filesystem::perms::owner_all, failed);
  if (const auto opened = open_state(memory); !opened) return fail(as_ledger(opened.error()));
  if (const auto opened = open_files(memory); !opened) return fail(as_ledger(opened.error()));
  if (const auto remembered = remember(memory); !remembered) return fail(as_ledger(remembered.error()));
  return memory;
}

Result<void> SqliteEventStore::open_state(model::LedgerMemory& memory) {
  auto state = Database::open(files_.directory() / "state.db", state_migrations());
  if (!state) return fail(state.error());
  state_.emplace(std::move(*state));
  // A mark that is lost makes a blind interval longer, and nothing else.
  if (const auto set = state_->execute("PRAGMA synchronous=NORMAL"); !set) return set;
  auto facts = state_->prepare("SELECT name, value FROM facts");
  if (!facts) return fail(facts.error());
  memory.clean = true;
  for (;;) {
    const auto row = facts->step();
    if (!row) return fail(row.error());
    if (!*row) break;
    const auto name = facts->text(0);
    if (name == "clean") memory.clean = facts->number(1) != 0;
    if (name == "alive") memory.alive = from_micros(facts->number(1));
    if (name == "newest") next_ = static_cast<Seq>(facts->number(1)) + 1;
  }
  auto devices = state_->prepare("SELECT id, heard FROM devices");
  if (!devices) return fail(devices.error());
  for (;;) {
    const auto row = devices->step();
    if (!row) return fail(row.error());
    if (!*row) break;
    memory.devices[devices->text(0)].heard = from_micros(devices->number(1));
  }
  auto insert = state_->prepare(
      "INSERT INTO facts(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value");
  if (!insert) return fail(insert.error());
  set_ = std::move(*insert);
  auto heard = state_->prepare(
      "INSERT INTO devices(id, heard) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET heard = excluded.heard");
  if (!heard) return fail(heard.error());
  heard_ = std::move(*heard);
  return set("clean", 0);
}

Result<void> SqliteEventStore::set(std::string_view key, std::int64_t value) {
  return set_.bind(1, key).bind(2, value).run();
}

Result<void> SqliteEventStore::open_files(model::LedgerMemory& memory) {
  std::vector<EventFile> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator{files_.directory(), failed})
    if (auto file = parse_event_file(entry.path().filename().string())) files.push_back(std::move(*file));
  if (failed) return fail(disk_error(files_.directory().string(), failed.value()));
  files_.set(std::move(files));
  files = files_.all();
  for (auto& file : files) {
    const bool newest = &file == &files.back();
    const auto looked = look_into(file, newest, memory.clean);
    if (looked) continue;
    if (looked.error().code == Code::storage_newer_schema) return looked;
    put_aside(file, looked.error());
    file.number = 0;
    next_ += kLostSeqs;
  }
  std::erase_if(files, [](const EventFile& file) { return file.number == 0; });
  for (const auto& file : files) next_ = std::max(next_, file.last + 1);
  files_.set(files);
  memory.newest = next_ - 1;
  if (files.empty()) return {};
  return open_file(files_.all().back());
}

// Where it begins and ends; after a crash, whether it is whole.
Result<void> SqliteEventStore::look_into(EventFile& file, bool newest, bool clean) {
  const auto path = files_.database(file);
  // The one that was written last is brought to its end by opening it to write.
  auto database = newest ? Database::open(path, event_migrations()) : Database::open_to_read(path);
  if (!database) return fail(database.error());
  std::error_code none;
  if (newest && !clean && std::filesystem::file_size(path, none) <= options_.check_bytes) {
    auto check = database->prepare("PRAGMA quick_check(1)");
    if (!check) return fail(check.error());
    const auto row = check->step();
    if (!row) return fail(row.error());
    if (*row && check->text(0) != "ok") return fail(Code::ledger_damaged, check->text(0));
  }
  auto ends = database->prepare("SELECT IFNULL(MIN(seq), 0), IFNULL(MAX(seq), 0) FROM entries");
  if (!ends) return fail(ends.error());
  const auto row = ends->step();
  if (!row) return fail(row.error());
  file.first = static_cast<Seq>(ends->number(0));
  file.last = static_cast<Seq>(ends->number(1));
  return {};
}

// A damaged file is kept for who can read it, out of our way.
void SqliteEventStore::put_aside(const EventFile& file, const Error& why) {
  log::error("ledger.damaged",
             {{"file", file.stem()}, {"why", why.text()}, {"kept_as", file.stem() + ".db.damaged"}});
  for (const auto* end : {".db", ".db-wal", ".db-shm"}) {
    const auto path = files_.directory() / (file.stem() + end);
    std::error_code none;
    std::filesystem::rename(path, path.string() + ".damaged", none);
  }
}

// What the events go on from, and the blind intervals that are open.
Result<void> SqliteEventStore::remember(model::LedgerMemory& memory) {
  const std::string columns{kEntryColumns};
  std::map<std::string, model::LedgerEntry> blind;
  const auto files = files_.all();
  for (const auto& file : files) {
    auto database = Database::open_to_read(files_.database(file));
    if (!database) return fail(database.error());
    auto rows =
        database->prepare("SELECT " + columns + " FROM entries WHERE type = 'camfleet.blind' ORDER BY seq");
    if (!rows) return fail(rows.error());
    for (;;) {
      const auto row = rows->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      auto entry = read_entry(*rows, false);
      if (entry.state == model::EventState::end)
        blind.erase(entry.device.str());
      else
        blind[entry.device.str()] = std::move(entry);
    }
  }
  for (auto& [device, entry] : blind) memory.open_blind.push_back(std::move(entry));

  std::optional<WallTime> since;
  for (auto file = files.rbegin(); file != files.rend() && memory.recent.size() < kMostRecent; ++file) {
    if (file->last == 0) continue;
    auto database = Database::open_to_read(files_.database(*file));
    if (!database) return fail(database.error());
    auto rows = database->prepare("SELECT " + columns + " FROM entries ORDER BY seq DESC LIMIT ?");
    if (!rows) return fail(rows.error());
    rows->bind(1, static_cast<std::int64_t>(kMostRecent - memory.recent.size()));
    bool older = false;
    for (;;) {
      const auto row = rows->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      auto entry = read_entry(*rows, false);
      if (!since) since = entry.received - kRecent;
      older = entry.received < *since;
      if (older) break;
      memory.recent.push_back(std::move(entry));
    }
    if (older) break;
  }
  std::ranges::reverse(memory.recent);
  return {};
}

Result<void> SqliteEventStore::open_file(EventFile file) {
  auto database = Database::open(files_.database(file), event_migrations());
  if (!database) return fail(database.error());
  // One connection writes and moves the log, between batches and not within one.
  if (const auto set = database->execute("PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY"); !set)
    return set;
  auto insert = database->prepare(kInsertEntry);
  if (!insert) return fail(insert.error());
  open_ = std::make_unique<Open>(
      Open{std::move(file), std::move(*database), std::move(*insert), std::nullopt, kLogBytes});
  sync_directory(files_.directory());
  return {};
}

// --- writing

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
  EventFile next{day, 1, 0, 0};
  if (open_) {
    const bool large = files_.bytes(open_->file) > options_.max_bytes / kParts;
    if (day <= open_->file.day && !large) return {};
    if (day <= open_->file.day) next = {open_->file.day, open_->file.number + 1, 0, 0};
    if (const auto moved = open_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !moved)
      return fail(judge(open_->database, moved.error()));
  }
  auto all = files_.all();
  const auto before = std::move(open_);
  if (const auto opened = open_file(next); !opened) {
    // Where there is no room for a new file there may be for another row.
    open_ = std::make_unique<Open>(std::move(*before));
    const auto& why = opened.error();
    return fail(Code::ledger_failed, why.text());
  }
  all.push_back(next);
  files_.set(std::move(all));
  return {};
}

Result<void> SqliteEventStore::append(std::span<model::NewEntry> entries) {
  if (entries.empty()) return {};
  if (const auto turned = turn(system_clock().wall()); !turned) {
    if (!open_) return turned;
    log::warn("ledger.same_file", {{"why", turned.error().text()}});
  }
  if (const auto written = write_pictures(entries); !written) return written;
  const auto before = next_;
  auto done = transaction(entries);
  if (!done) {
    const auto judged = judge(open_->database, done.error());
    [[maybe_unused]] const auto rolled_back = open_->database.execute("ROLLBACK");
    next_ = before;
    for (auto& entry : entries) entry.entry.seq = 0;
    return fail(judged);
  }
  if (next_ > before) files_.grew(before, next_ - 1);
  for (const auto& entry : entries) open_->log += kRowBytes + entry.entry.payload.size();
  return {};
}

// Before the rows that name them. One that was written by a try before is not written again.
Result<void> SqliteEventStore::write_pictures(std::span<model::NewEntry> entries) {
  bool any = false;
  for (auto& fresh : entries) {
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

Result<void> SqliteEventStore::transaction(std::span<model::NewEntry> entries) {
  auto& database = open_->database;
  if (const auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (auto& fresh : entries) {
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
  return set("clean", 1);
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
  files_.remove(oldest);
  for (const auto* end : {".db", ".db-wal", ".db-shm", ".pic"}) {
    std::error_code none;
    std::filesystem::remove(files_.directory() / (oldest.stem() + end), none);
  }
  return out;
}

}  // namespace camfleet::storage
