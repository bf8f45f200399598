#include "storage/sqlite/registry.h"

#include <boost/json.hpp>
#include <deque>
#include <optional>

#include "base/log.h"

namespace camfleet::storage {
namespace {

namespace json = boost::json;

constexpr const char* kMigrations[] = {
    R"(CREATE TABLE device(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  drivers TEXT NOT NULL,          -- JSON array, in order of preference
  address TEXT NOT NULL,
  http_port INTEGER NOT NULL,
  https_port INTEGER NOT NULL,
  rtsp_port INTEGER NOT NULL,
  sdk_port INTEGER NOT NULL,
  sdk_login TEXT NOT NULL,
  username TEXT NOT NULL,
  url TEXT NOT NULL,
  transport TEXT NOT NULL,
  timezone TEXT NOT NULL,
  tags TEXT NOT NULL,             -- JSON array
  enabled INTEGER NOT NULL,
  always_on INTEGER NOT NULL,
  sealed_password TEXT NOT NULL,  -- auth/sealed_box.h; empty: none
  credential_version INTEGER NOT NULL,
  rejected_version INTEGER NOT NULL,
  known_serial TEXT NOT NULL,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID)",
};

std::string to_json(const std::vector<std::string>& texts) {
  return json::serialize(json::value_from(texts));
}

std::optional<std::vector<std::string>> texts_of(const std::string& text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  if (error || !value.is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return std::nullopt;
    out.emplace_back(item.get_string());
  }
  return out;
}

constexpr const char* kSelect =
    "SELECT "
    "id,name,drivers,address,http_port,https_port,rtsp_port,sdk_port,sdk_login,username,url,transport,"
    "timezone,"
    "tags,enabled,always_on,sealed_password,credential_version,rejected_version,known_serial,revision FROM "
    "device "
    "ORDER BY id";
constexpr const char* kReplace =
    "INSERT OR REPLACE INTO "
    "device(id,name,drivers,address,http_port,https_port,rtsp_port,sdk_port,sdk_login,username,"
    "url,transport,timezone,tags,enabled,always_on,sealed_password,credential_version,rejected_version,known_"
    "serial,"
    "revision) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

// The columns of kSelect and kReplace, in their order.
void write(Statement& to, const model::DeviceRecord& record) {
  const auto& spec = record.spec;
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  int column = 0;
  for (const std::string& text : {spec.id.str(), spec.name, to_json(spec.drivers), spec.address})
    to.bind(++column, text);
  for (const auto port : {spec.http_port, spec.https_port, spec.rtsp_port, spec.sdk_port})
    to.bind(++column, number(port));
  for (const std::string& text :
       {spec.sdk_login, spec.username, spec.url, spec.transport, spec.timezone, to_json(spec.tags)})
    to.bind(++column, text);
  to.bind(++column, number(spec.enabled));
  to.bind(++column, number(spec.always_on));
  to.bind(++column, record.sealed_password);
  to.bind(++column, number(record.credential_version));
  to.bind(++column, number(record.rejected_version));
  to.bind(++column, record.known_serial);
  to.bind(++column, number(record.revision));
}

std::optional<model::DeviceRecord> read(const Statement& from) {
  model::DeviceRecord record;
  auto& spec = record.spec;
  int column = 0;
  const auto text = [&] { return from.text(column++); };
  const auto number = [&] { return from.number(column++); };
  const auto port = [&] { return static_cast<std::uint16_t>(number()); };
  spec.id = model::DeviceId{text()};
  spec.name = text();
  auto drivers = texts_of(text());
  spec.address = text();
  spec.http_port = port();
  spec.https_port = port();
  spec.rtsp_port = port();
  spec.sdk_port = port();
  spec.sdk_login = text();
  spec.username = text();
  spec.url = text();
  spec.transport = text();
  spec.timezone = text();
  auto tags = texts_of(text());
  spec.enabled = number() != 0;
  spec.always_on = number() != 0;
  record.sealed_password = text();
  record.credential_version = static_cast<std::uint64_t>(number());
  record.rejected_version = static_cast<std::uint64_t>(number());
  record.known_serial = text();
  record.revision = static_cast<std::uint64_t>(number());
  if (!drivers || !tags) return std::nullopt;
  spec.drivers = std::move(*drivers);
  spec.tags = std::move(*tags);
  return record;
}

}  // namespace

struct SqliteRegistry::Change {
  std::optional<model::DeviceRecord> record;  // none: remove
  std::string id;
  Result<void> outcome;
};

struct SqliteRegistry::State {
  State(Database d, Statement r, Statement x)
      : database(std::move(d)), replace(std::move(r)), erase(std::move(x)) {}

  // On the pool's thread: writes all that waits, in one transaction. Where that fails each is tried alone, so
  // that one change that cannot be stored does not take others with it.
  void drain() {
    std::deque<std::shared_ptr<Change>> changes;
    {
      const std::lock_guard lock{mutex};
      changes.swap(pending);
    }
    if (changes.empty()) return;  // an earlier job has taken ours along
    const std::vector<std::shared_ptr<Change>> all{changes.begin(), changes.end()};
    const auto together = transaction(all);
    for (const auto& change : all) change->outcome = together;
    if (together || all.size() == 1) return;
    for (const auto& change : all) change->outcome = transaction({change});
  }

  Result<void> transaction(const std::vector<std::shared_ptr<Change>>& changes) {
    auto done = database.execute("BEGIN IMMEDIATE");
    for (const auto& change : changes) {
      if (!done) break;
      if (change->record) {
        write(replace, *change->record);
        done = replace.run();
      } else {
        erase.bind(1, change->id);
        done = erase.run();
      }
    }
    if (done) done = database.execute("COMMIT");
    if (!done) {
      log::error("storage.failed", {{"what", done.error().place}});
      [[maybe_unused]] const auto rolled_back =
          database.execute("ROLLBACK");  // SQLite may have done it already
    }
    return done;
  }

  Database database;  // outlives its statements
  Statement replace;
  Statement erase;
  std::mutex mutex;
  std::deque<std::shared_ptr<Change>> pending;
};

SqliteRegistry::SqliteRegistry(std::shared_ptr<State> state, net::WorkerPool& pool)
    : state_(std::move(state)), pool_(pool) {}
SqliteRegistry::~SqliteRegistry() = default;

Result<std::unique_ptr<SqliteRegistry>> SqliteRegistry::open(const std::filesystem::path& file,
                                                             net::WorkerPool& pool) {
  auto database = Database::open(file, kMigrations);
  if (!database) return fail(database.error());
  auto replace = database->prepare(kReplace);
  if (!replace) return fail(replace.error());
  auto erase = database->prepare("DELETE FROM device WHERE id=?");
  if (!erase) return fail(erase.error());
  auto state = std::make_shared<State>(std::move(*database), std::move(*replace), std::move(*erase));
  return std::unique_ptr<SqliteRegistry>{new SqliteRegistry{std::move(state), pool}};
}

Result<std::vector<model::DeviceRecord>> SqliteRegistry::load() {
  auto statement = state_->database.prepare(kSelect);
  if (!statement) return fail(statement.error());
  std::vector<model::DeviceRecord> out;
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    auto record = read(*statement);
    if (!record) return fail(Code::storage_failed, "device " + statement->text(0) + ": a column is damaged");
    out.push_back(std::move(*record));
  }
}

net::Task<Result<void>> SqliteRegistry::submit(std::shared_ptr<Change> change) {
  {
    const std::lock_guard lock{state_->mutex};
    state_->pending.push_back(change);
  }
  auto job = [state = state_]() -> Result<void> {
    state->drain();
    return {};
  };
  const auto ran = co_await pool_.run(std::move(job));
  if (ran) co_return change->outcome;
  // Refused by a full pool: an earlier job may take the change along all the same, so it is taken out, if it
  // is still there.
  {
    const std::lock_guard lock{state_->mutex};
    std::erase(state_->pending, change);
  }
  co_return fail(ran.error());
}

net::Task<Result<void>> SqliteRegistry::put(model::DeviceRecord record) {
  auto change = std::make_shared<Change>();
  change->id = record.spec.id.str();
  change->record = std::move(record);
  return submit(std::move(change));
}

net::Task<Result<void>> SqliteRegistry::remove(model::DeviceId id) {
  auto change = std::make_shared<Change>();
  change->id = id.str();
  return submit(std::move(change));
}

}  // namespace camfleet::storage
