#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace camfleet::storage {

// A prepared statement; values are always bound, never pasted. Belongs to the thread of its database. An
// error of a bind shows at the next step().
class Statement {
 public:
  Statement() = default;
  Statement& bind(int index, std::string_view text);  // copied; indices from 1
  Statement& bind(int index, std::int64_t number);
  Statement& bind_blob(int index, std::string_view bytes);  // copied
  // True: a row is there. False: done; the statement is reset for its next use.
  Result<bool> step();
  // Runs to the end, without rows.
  Result<void> run();
  std::string text(int column) const;
  std::int64_t number(int column) const;
  std::string blob(int column) const;
  // Gives the rows up before the end.
  void reset();

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection: WAL, synchronous=FULL. Every version that was shipped stays in the list of migrations for
// ever; a database at version n has had the first n, as its user_version says.
class Database {
 public:
  // storage.newer_schema: its user_version is past ours; both are in the place. storage.failed: not a
  // database, or the disk. Each migration is one transaction, so a kill in the middle leaves the version
  // before. `why`: SQLite's extended code of a failure, 0 where it is none of its own.
  static Result<Database> open(const std::filesystem::path& file, std::span<const char* const> migrations,
                               int* why = nullptr);

  // Reads beside the one connection that writes, and takes part in nothing else.
  static Result<Database> open_to_read(const std::filesystem::path& file, int* why = nullptr);

  Result<Statement> prepare(std::string_view sql);
  // Our own constant text only.
  Result<void> execute(const char* sql);
  // Rows that the last statement changed.
  std::int64_t changes() const;
  // The log stays where it is when this connection is the last to close: what fails then is told to nobody.
  void keep_log_on_close();
  // What SQLite says of the last failure: its extended code, and errno of the system call.
  int failed_with() const;
  int system_error() const;

 private:
  struct Why;
  struct Close {
    void operator()(sqlite3* db) const;
  };
  Result<void> migrate(std::span<const char* const> migrations);
  Error failure(std::string_view what) const;

  std::string name_;
  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace camfleet::storage
