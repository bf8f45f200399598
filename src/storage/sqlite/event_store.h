#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "model/event_store.h"
#include "storage/picture_file.h"
#include "storage/sqlite/database.h"
#include "storage/sqlite/event_files.h"
#include "storage/sqlite/older_entries.h"

namespace camfleet::storage {

struct EventStoreOptions {
  std::chrono::hours keep{24 * 30};                                  // past it a day may be removed
  std::uint64_t max_bytes = std::uint64_t{20} * 1024 * 1024 * 1024;  // and past this it must be
  std::uint64_t check_bytes = 512 * 1024 * 1024;  // files up to this size are looked through after a crash
};

// The ledger in DATA/events: a database a day, a file of pictures beside each, and state.db, which knows how
// the last run ended. Exactly one connection writes a database and moves its log into it (SQLite 3.40 may
// spoil a file where two do). event_store_start.cpp has recover().
class SqliteEventStore final : public model::EventStore {
 public:
  // `files` outlives it and is shared with the archive.
  SqliteEventStore(EventFiles& files, EventStoreOptions options)
      : files_(files), options_(options), older_(files) {}

  Result<model::LedgerMemory> recover() override;
  Result<void> append(std::span<model::NewEntry> entries) override;
  Result<void> mark(WallTime alive, const std::map<std::string, model::DeviceMark>& devices) override;
  Result<void> forget(const std::string& device) override;
  void settle() override;
  Result<std::optional<Removed>> retain(model::Seq needed, WallTime now) override;
  Result<void> close(WallTime alive, const std::map<std::string, model::DeviceMark>& devices) override;

 private:
  struct Open {
    EventFile file;
    Database database;
    Statement insert;
    std::optional<PictureFile> pictures;
    std::uint64_t log = 0;  // bytes that went into its log since it was moved, about
    WallTime since{};       // it was begun then
    WallTime upto{};        // nothing in it was received later
  };

  Result<void> open_state(model::LedgerMemory& memory);
  Result<void> read_state(Database& state, model::LedgerMemory& memory);
  Result<void> open_files(model::LedgerMemory& memory);
  Result<void> look_into(EventFile& file, bool newest, bool clean);
  void put_aside(const std::string& stem, const Error& why);
  Result<void> remember(model::LedgerMemory& memory);
  Result<void> remember_devices(model::LedgerMemory& memory);
  Result<void> open_file(EventFile file);
  Result<void> turn(WallTime now);
  Result<void> write_pictures(std::span<model::NewEntry> entries, const std::vector<bool>& known);
  Result<void> transaction(std::span<model::NewEntry> entries, const std::vector<bool>& known);
  Error judge(Database& database, const Error& error) const;
  Result<void> set(std::string_view key, std::int64_t value);
  bool may_remove_by_age(WallTime now);

  EventFiles& files_;
  const EventStoreOptions options_;
  OlderEntries older_;
  std::optional<Database> state_;
  Statement set_;
  Statement heard_;
  std::unique_ptr<Open> open_;
  model::Seq next_ = 1;
  std::optional<std::chrono::microseconds> wall_ahead_;  // of the steady clock, when it was last looked at
  SteadyTime trust_clock_at_{};
};

}  // namespace camfleet::storage
