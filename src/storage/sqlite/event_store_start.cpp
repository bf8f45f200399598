// What the store does at the start: it looks at what the last run left, sets aside what is damaged, and
// remembers what the ledger goes on with.
#include <sqlite3.h>

#include <algorithm>

#include "base/log.h"
#include "storage/sqlite/event_rows.h"
#include "storage/sqlite/event_store.h"

namespace camfleet::storage {

using model::Seq;

namespace {

constexpr Seq kLostSeqs = 1'000'000;  // left out behind a damaged file, whose last number is not known
constexpr std::chrono::minutes kRecent{10};
constexpr std::size_t kMostRecent = 100'000;
// What came in the last moment before an entry was written may not have been written with it.
constexpr std::chrono::seconds kInTransit{1};

std::span<const char* const> state_migrations() {
  static constexpr const char* kMigrations[] = {R"(
    CREATE TABLE facts(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE devices(id TEXT PRIMARY KEY, heard INTEGER NOT NULL) STRICT, WITHOUT ROWID)"};
  return kMigrations;
}

// Is it the file, by SQLite's code? What may pass (no room, no right, no memory, another who holds it) is no
// reason to go on without what it holds.
bool is_damage(int code) {
  switch (code) {
    case SQLITE_IOERR_READ:
    case SQLITE_IOERR_SHORT_READ:
    case SQLITE_IOERR_CORRUPTFS:
      return true;
    default:
      break;
  }
  switch (code & 0xFF) {
    case SQLITE_OK:  // not SQLite's complaint, but ours
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return false;
    default:
      return true;
  }
}

Error told(Error error, int code) {
  if (is_damage(code)) error.code = Code::ledger_damaged;
  return error;
}

Error as_ledger(Error error) {
  if (error.code == Code::storage_failed) error.code = Code::ledger_failed;
  return error;
}

// One row of numbers.
Result<std::vector<std::int64_t>> ask(Database& database, std::string_view sql, int columns) {
  auto statement = database.prepare(sql);
  const auto row = statement ? statement->step() : Result<bool>{fail(statement.error())};
  if (!row) return fail(told(row.error(), database.failed_with()));
  std::vector<std::int64_t> out;
  for (int i = 0; i < columns && *row; ++i) out.push_back(statement->number(i));
  return out;
}

}  // namespace

Result<model::LedgerMemory> SqliteEventStore::recover() {
  model::LedgerMemory memory;
  std::error_code failed;
  std::filesystem::create_directories(files_.directory(), failed);
  if (failed) return fail(disk_error(files_.directory().string(), failed.value()));
  std::filesystem::permissions(files_.directory(), std::filesystem::perms::owner_all, failed);
  bool lost = !std::filesystem::exists(files_.directory() / "state.db", failed);
  auto opened = open_state(memory);
  if (!opened && opened.error().code == Code::ledger_damaged) {
    // It says how the last run ended and when devices were last heard: the events say so too, less exactly.
    lost = true;
    put_aside("state", opened.error());
    memory = {};
    opened = open_state(memory);
  }
  if (!opened) return fail(as_ledger(opened.error()));
  if (lost) memory.clean = false;
  if (const auto found = open_files(memory); !found) return fail(as_ledger(found.error()));
  if (const auto remembered = remember(memory); !remembered) return fail(as_ledger(remembered.error()));
  if (lost)
    if (const auto done = remember_devices(memory); !done) return fail(as_ledger(done.error()));
  return memory;
}

Result<void> SqliteEventStore::open_state(model::LedgerMemory& memory) {
  int why = 0;
  auto state = Database::open(files_.directory() / "state.db", state_migrations(), &why);
  if (!state) return fail(told(state.error(), why));
  state->keep_log_on_close();
  const auto read = read_state(*state, memory);
  if (!read) return fail(told(read.error(), state->failed_with()));
  auto insert = state->prepare(
      "INSERT INTO facts(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value");
  if (!insert) return fail(told(insert.error(), state->failed_with()));
  set_ = std::move(*insert);
  auto heard = state->prepare(
      "INSERT INTO devices(id, heard) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET heard = excluded.heard");
  if (!heard) return fail(told(heard.error(), state->failed_with()));
  heard_ = std::move(*heard);
  // On disk before anything else is: a power cut must not leave a clean end behind.
  if (const auto done = set("clean", 0); !done) return fail(told(done.error(), state->failed_with()));
  // A mark that is lost makes a blind interval longer, and nothing else.
  if (const auto done = state->execute("PRAGMA synchronous=NORMAL"); !done) return done;
  state_.emplace(std::move(*state));
  return {};
}

Result<void> SqliteEventStore::read_state(Database& state, model::LedgerMemory& memory) {
  auto check = state.prepare("PRAGMA quick_check(1)");
  if (!check) return fail(check.error());
  const auto sound = check->step();
  if (!sound) return fail(sound.error());
  if (*sound && check->text(0) != "ok") return fail(Code::ledger_damaged, check->text(0));
  check->reset();
  auto facts = state.prepare("SELECT name, value FROM facts");
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
  auto devices = state.prepare("SELECT id, heard FROM devices");
  if (!devices) return fail(devices.error());
  for (;;) {
    const auto row = devices->step();
    if (!row) return fail(row.error());
    if (!*row) return {};
    memory.devices[devices->text(0)].heard = from_micros(devices->number(1));
  }
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
    if (looked.error().code != Code::ledger_damaged) return looked;
    put_aside(file.stem(), looked.error());
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

// Where it begins and ends; after a crash, whether it is whole. ledger.damaged: it is not.
Result<void> SqliteEventStore::look_into(EventFile& file, bool newest, bool clean) {
  const auto path = files_.database(file);
  // The one that was written last is brought to its end by opening it to write.
  int why = 0;
  auto database =
      newest ? Database::open(path, event_migrations(), &why) : Database::open_to_read(path, &why);
  if (!database) return fail(told(database.error(), why));
  if (newest) database->keep_log_on_close();
  // It was begun, and there was no room even for its tables.
  const auto version = ask(*database, "PRAGMA user_version", 1);
  if (!version) return fail(version.error());
  if (version->front() == 0) return {};
  std::error_code none;
  if (newest && !clean && std::filesystem::file_size(path, none) <= options_.check_bytes) {
    auto check = database->prepare("PRAGMA quick_check(1)");
    const auto row = check ? check->step() : Result<bool>{fail(check.error())};
    if (!row) return fail(told(row.error(), database->failed_with()));
    if (*row && check->text(0) != "ok") return fail(Code::ledger_damaged, check->text(0));
  }
  const auto ends = ask(
      *database, "SELECT IFNULL(MIN(seq), 0), IFNULL(MAX(seq), 0), IFNULL(MAX(received), 0) FROM entries", 3);
  if (!ends) return fail(ends.error());
  file.first = static_cast<Seq>((*ends)[0]);
  file.last = static_cast<Seq>((*ends)[1]);
  file.upto = from_micros((*ends)[2]);
  return {};
}

// A damaged file is kept for who can read it, out of our way.
void SqliteEventStore::put_aside(const std::string& stem, const Error& why) {
  log::error("ledger.damaged", {{"file", stem}, {"why", why.text()}, {"kept_as", stem + ".db.damaged"}});
  for (const auto* end : {".db", ".db-wal", ".db-shm"}) {
    const auto path = files_.directory() / (stem + end);
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
    if (file.last == 0) continue;
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

// Where nobody knows when a device was last heard: all that had come when the newest entry was written is in
// the ledger, so that was not before the gateway ended.
Result<void> SqliteEventStore::remember_devices(model::LedgerMemory& memory) {
  if (memory.recent.empty()) return {};
  memory.alive = memory.recent.back().received - kInTransit;
  for (const auto& file : files_.all()) {
    if (file.last == 0) continue;
    auto database = Database::open_to_read(files_.database(file));
    if (!database) return fail(database.error());
    auto devices = database->prepare("SELECT DISTINCT device FROM entries WHERE device <> ''");
    if (!devices) return fail(devices.error());
    for (;;) {
      const auto row = devices->step();
      if (!row) return fail(row.error());
      if (!*row) break;
      memory.devices[devices->text(0)].heard = memory.alive;
    }
  }
  return {};
}

}  // namespace camfleet::storage
