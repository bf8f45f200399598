#pragma once
#include <filesystem>
#include <functional>
#include <memory>

#include "model/sink.h"
#include "net/worker_pool.h"
#include "storage/sqlite/database.h"

namespace camfleet::storage {

// SinkStore in DATA/events/sinks.db. One connection, used by the pool's one thread alone; what waits while
// another write runs goes to the disk together, in one transaction. The pool outlives the store and has
// exactly one thread.
class SqliteSinks final : public model::SinkStore {
 public:
  // Opens or makes the database; blocking. storage.newer_schema, storage.failed.
  static Result<std::unique_ptr<SqliteSinks>> open(const std::filesystem::path& file, net::WorkerPool& pool);
  ~SqliteSinks() override;

  Result<Loaded> load() override;
  net::Task<Result<void>> put(model::SinkRecord record) override;
  net::Task<Result<void>> remove(std::string id) override;
  net::Task<Result<void>> progress(std::string id, model::Seq cursor, std::uint64_t delivered) override;
  net::Task<Result<void>> attempt(std::string id, model::Seq seq, std::uint32_t count) override;
  net::Task<Result<void>> park(std::string id, model::ParkedEntry entry) override;
  net::Task<Result<void>> unpark(std::string id, model::Seq seq) override;
  net::Task<Result<void>> mark_stopped() override;

 private:
  struct State;
  using Write = std::function<Result<void>(State&)>;
  explicit SqliteSinks(std::shared_ptr<State> state, net::WorkerPool& pool);
  net::Task<Result<void>> write(Write write);

  std::shared_ptr<State> state_;  // shared with jobs that run when their caller is gone
  net::WorkerPool& pool_;
};

}  // namespace camfleet::storage
