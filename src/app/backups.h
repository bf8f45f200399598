#pragma once
#include <atomic>
#include <filesystem>

#include "api/backup.h"
#include "net/asio.h"
#include "net/worker_pool.h"
#include "storage/sqlite/registry.h"

namespace camfleet::app {

// Copies of the data directory, made while the gateway runs: DATA/backups/<UTC>/ holds the registry as it was
// at one moment, the files that belong to it, and SHA256SUMS of all. The secret key and the administrator's
// token are not in it. A backup is there whole or not at all; the newest kKept are kept. Thread-safe; what it
// is given outlives it.
class Backups {
 public:
  static constexpr std::size_t kKept = 7;

  Backups(std::filesystem::path data_dir, storage::SqliteRegistry& registry, net::WorkerPool& blocking)
      : data_dir_(std::move(data_dir)), registry_(registry), blocking_(blocking) {}

  // api.conflict: another one is being made. storage.failed: the disk; what was written of it is removed.
  net::Task<Result<api::Backup>> make();

 private:
  std::filesystem::path data_dir_;
  storage::SqliteRegistry& registry_;
  net::WorkerPool& blocking_;
  std::atomic<bool> busy_{false};
};

}  // namespace camfleet::app
