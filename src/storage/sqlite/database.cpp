#include "storage/sqlite/database.h"

#include <fmt/core.h>
#include <sqlite3.h>

namespace camfleet::storage {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }

Statement& Statement::bind(int index, std::string_view text) {
  ::sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(),
                        SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  ::sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  ::sqlite3_bind_blob64(statement_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                        SQLITE_TRANSIENT);
  return *this;
}

Result<bool> Statement::step() {
  const int code = ::sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  auto* const db = ::sqlite3_db_handle(statement_.get());
  if (code != SQLITE_DONE) {
    auto error = fmt::format("{}: {}", ::sqlite3_sql(statement_.get()), ::sqlite3_errmsg(db));
    ::sqlite3_reset(statement_.get());
    return fail(Code::storage_failed, std::move(error));
  }
  ::sqlite3_reset(statement_.get());
  return false;
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return fail(row.error());
    if (!*row) return {};
  }
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string{} : std::string{bytes, size};
}

std::int64_t Statement::number(int column) const { return ::sqlite3_column_int64(statement_.get(), column); }

std::string Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(::sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string{} : std::string{bytes, size};
}

void Statement::reset() { ::sqlite3_reset(statement_.get()); }

void Database::Close::operator()(sqlite3* db) const { ::sqlite3_close_v2(db); }

Error Database::failure(std::string_view what) const {
  return Error{Code::storage_failed, fmt::format("{}: {}: {}", name_, what, ::sqlite3_errmsg(db_.get()))};
}

// Looks at the code before the connection that failed is gone.
struct Database::Why {
  Why(const Database& of, int* to) : database(of), why(to) {}
  Why(const Why&) = delete;
  Why& operator=(const Why&) = delete;
  ~Why() {
    if (why == nullptr) return;
    const int code = database.db_ ? database.failed_with() : 0;
    *why = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE ? 0 : code;
  }
  const Database& database;
  int* why;
};

Result<Database> Database::open(const std::filesystem::path& file, std::span<const char* const> migrations,
                                int* why) {
  Database database;
  const Why told{database, why};
  database.name_ = file.filename().string();
  sqlite3* raw = nullptr;
  const int code = ::sqlite3_open_v2(
      file.c_str(), &raw,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  database.db_.reset(raw);
  if (raw == nullptr) return fail(Code::storage_failed, database.name_ + ": no memory");
  if (code != SQLITE_OK) return fail(database.failure("open"));
  // The data directory is locked, so nobody else has this file; a backup tool may for a moment.
  ::sqlite3_busy_timeout(raw, 5'000);
  ::sqlite3_extended_result_codes(raw, 1);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // The system keeps pages as well; SQLite's 2 MiB a connection are a tenth of an idle fleet's memory.
  for (const char* pragma : {"PRAGMA cache_size=-512", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                             "PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF"}) {
    const auto set = database.execute(pragma);
    if (!set) return fail(set.error());
  }
  const auto migrated = database.migrate(migrations);
  if (!migrated) return fail(migrated.error());
  return database;
}

Result<Database> Database::open_to_read(const std::filesystem::path& file, int* why) {
  Database database;
  const Why told{database, why};
  database.name_ = file.filename().string();
  sqlite3* raw = nullptr;
  const int code = ::sqlite3_open_v2(
      file.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  database.db_.reset(raw);
  if (raw == nullptr) return fail(Code::storage_failed, database.name_ + ": no memory");
  if (code != SQLITE_OK) return fail(database.failure("open"));
  ::sqlite3_busy_timeout(raw, 5'000);
  ::sqlite3_extended_result_codes(raw, 1);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  for (const char* pragma : {"PRAGMA cache_size=-512", "PRAGMA trusted_schema=OFF"})
    if (const auto set = database.execute(pragma); !set) return fail(set.error());
  return database;
}

std::int64_t Database::changes() const { return ::sqlite3_changes64(db_.get()); }
void Database::keep_log_on_close() {
  ::sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}
int Database::failed_with() const { return ::sqlite3_extended_errcode(db_.get()); }
int Database::system_error() const { return ::sqlite3_system_errno(db_.get()); }

Result<void> Database::migrate(std::span<const char* const> migrations) {
  auto asked = prepare("PRAGMA user_version");
  if (!asked) return fail(asked.error());
  const auto row = asked->step();
  if (!row) return fail(row.error());
  const auto version = asked->number(0);
  *asked = Statement{};
  const auto ours = static_cast<std::int64_t>(migrations.size());
  if (version > ours)
    return fail(Code::storage_newer_schema,
                fmt::format("{}: its schema is version {}, this program knows {}", name_, version, ours));
  if (version < 0) return fail(Code::storage_failed, name_ + ": a schema version below zero");

  for (auto next = version; next < ours; ++next) {
    const auto sql = fmt::format("BEGIN IMMEDIATE;\n{};\nPRAGMA user_version={};\nCOMMIT;",
                                 migrations[static_cast<std::size_t>(next)], next + 1);
    // Where it fails, what is closed then is rolled back. A ROLLBACK here would hide what it failed by.
    if (const auto done = execute(sql.c_str()); !done) return fail(done.error());
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  sqlite3_stmt* raw = nullptr;
  if (::sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &raw, nullptr) != SQLITE_OK)
    return fail(failure(sql));
  statement.statement_.reset(raw);
  return statement;
}

Result<void> Database::execute(const char* sql) {
  if (::sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return fail(failure(sql));
  return {};
}

}  // namespace camfleet::storage
