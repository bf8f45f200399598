#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "model/ports.h"
#include "net/worker_pool.h"
#include "storage/sqlite/database.h"

namespace camfleet::storage {

// DeviceStore in DATA/registry.db. One connection, used by the pool's one thread alone; changes that wait
// while another is being written go to the disk together, in one transaction. The pool outlives the registry
// and has exactly one thread.
class SqliteRegistry final : public model::DeviceStore {
 public:
  // Opens or makes the database and brings it to our schema; blocking. storage.newer_schema (both versions in
  // the place), storage.failed.
  static Result<std::unique_ptr<SqliteRegistry>> open(const std::filesystem::path& file,
                                                      net::WorkerPool& pool);
  ~SqliteRegistry() override;

  // The version of the schema that this program writes.
  static int schema();

  Result<std::vector<model::DeviceRecord>> load() override;
  net::Task<Result<void>> apply(std::vector<model::StoreChange> changes) override;
  // Writes the registry as it is now into a new file, whole; changes wait meanwhile. storage.failed: the file
  // is there, or the disk.
  net::Task<Result<void>> copy_to(std::filesystem::path file);

 private:
  struct State;
  struct Batch;
  explicit SqliteRegistry(std::shared_ptr<State> state, net::WorkerPool& pool);

  std::shared_ptr<State> state_;  // shared with jobs that run when their caller is gone
  net::WorkerPool& pool_;
};

}  // namespace camfleet::storage
