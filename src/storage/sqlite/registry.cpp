#include "storage/sqlite/registry.h"

#include <deque>

#include "base/log.h"
#include "net/within.h"
#include "storage/sqlite/device_rows.h"

namespace camfleet::storage {

// Changes of one call: they stand or fall together.
struct SqliteRegistry::Batch {
  std::vector<model::StoreChange> changes;
  Result<void> outcome;
};

struct SqliteRegistry::State {
  State(Database d, DeviceRows r) : database(std::move(d)), rows(std::move(r)) {}

  // On the pool's thread: writes all that waits, in one transaction. Where that fails each batch is tried
  // alone, so that one that cannot be stored does not take others with it.
  void drain() {
    std::deque<std::shared_ptr<Batch>> waiting;
    {
      const std::lock_guard lock{mutex};
      waiting.swap(pending);
    }
    if (waiting.empty()) return;  // an earlier job has taken ours along
    const std::vector<std::shared_ptr<Batch>> all{waiting.begin(), waiting.end()};
    const auto together = transaction(all);
    for (const auto& batch : all) batch->outcome = together;
    if (!together && all.size() > 1)
      for (const auto& batch : all) batch->outcome = transaction({batch});
    for (const auto& batch : all) batch->changes.clear();  // here, not on the loop of whoever waits
  }

  Result<void> transaction(const std::vector<std::shared_ptr<Batch>>& batches) {
    auto done = database.execute("BEGIN IMMEDIATE");
    for (const auto& batch : batches)
      for (const auto& change : batch->changes)
        if (done) done = rows.apply(change);
    if (done) done = database.execute("COMMIT");
    if (!done) {
      log::error("storage.failed", {{"what", done.error().place}});
      [[maybe_unused]] const auto rolled_back =
          database.execute("ROLLBACK");  // SQLite may have done it already
    }
    return done;
  }

  Database database;  // outlives its statements
  DeviceRows rows;
  std::mutex mutex;
  std::deque<std::shared_ptr<Batch>> pending;
};

SqliteRegistry::SqliteRegistry(std::shared_ptr<State> state, net::WorkerPool& pool)
    : state_(std::move(state)), pool_(pool) {}
SqliteRegistry::~SqliteRegistry() = default;

Result<std::unique_ptr<SqliteRegistry>> SqliteRegistry::open(const std::filesystem::path& file,
                                                             net::WorkerPool& pool) {
  auto database = Database::open(file, device_migrations());
  if (!database) return fail(database.error());
  auto rows = DeviceRows::prepare(*database);
  if (!rows) return fail(rows.error());
  auto state = std::make_shared<State>(std::move(*database), std::move(*rows));
  return std::unique_ptr<SqliteRegistry>{new SqliteRegistry{std::move(state), pool}};
}

int SqliteRegistry::schema() { return static_cast<int>(device_migrations().size()); }

Result<std::vector<model::DeviceRecord>> SqliteRegistry::load() { return load_devices(state_->database); }

net::Task<Result<void>> SqliteRegistry::apply(std::vector<model::StoreChange> changes) {
  auto batch = std::make_shared<Batch>();
  batch->changes = std::move(changes);
  {
    const std::lock_guard lock{state_->mutex};
    state_->pending.push_back(batch);
  }
  auto job = [state = state_]() -> Result<void> {
    state->drain();
    return {};
  };
  for (;;) {
    auto running = pool_.run(job);
    const auto ran = co_await std::move(running);
    if (ran) co_return batch->outcome;
    // Refused by a full pool. An earlier job may have the batch all the same: then it is done, and only its
    // outcome is to come.
    {
      const std::lock_guard lock{state_->mutex};
      if (std::erase(state_->pending, batch) > 0) co_return fail(ran.error());
    }
    co_await net::sleep_for(std::chrono::milliseconds{5});
  }
}

net::Task<Result<void>> SqliteRegistry::copy_to(std::filesystem::path file) {
  auto job = [state = state_, file = std::move(file)]() -> Result<void> {
    auto copy = state->database.prepare("VACUUM INTO ?");
    if (!copy) return fail(copy.error());
    return copy->bind(1, file.string()).run();
  };
  auto copying = pool_.run(std::move(job));
  co_return co_await std::move(copying);
}

}  // namespace camfleet::storage
