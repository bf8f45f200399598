#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "fleet/import/plan.h"
#include "model/scope.h"
#include "net/asio.h"
#include "net/worker_pool.h"

namespace camfleet::fleet {

class Fleet;

struct ImportOutcome {
  ImportPlan plan;  // after it was applied: a row that the fleet refused is in error, an added one has its id
  bool applied = false;  // false: a dry run, or plan.refused says why not
};

// What the fleet is in this scope, for a plan. Any thread that may take its time.
ImportWorld import_world(const Fleet& fleet, const model::ScopePtr& scope = {});

// Brings files of devices into a fleet, one at a time: 100,000 rows take seconds of a thread of its own and a
// few hundred MiB. Everything that is applied goes to the registry in one transaction, so that a power cut
// leaves all of it or nothing; how fast the devices are then connected is admission's business. Thread-safe;
// the fleet outlives it.
class Importer {
 public:
  explicit Importer(Fleet& fleet) : fleet_(fleet) {}
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;

  // Reads, plans and, unless it is a dry run or the plan is refused, applies. What rows are wrong stands in
  // the outcome. import.busy while another one runs, import.unreadable, storage.failed, fleet.stopping.
  // Devices outside of the scope are as if they were not there; a row that would bring one there is in error.
  net::Task<Result<std::shared_ptr<const ImportOutcome>>> run(std::string file, ImportFormat format,
                                                              ImportOptions options, bool dry_run,
                                                              model::ScopePtr scope = {});

 private:
  Fleet& fleet_;
  std::shared_ptr<std::atomic<bool>> busy_ = std::make_shared<std::atomic<bool>>(false);
  net::WorkerPool pool_{1, 4, "import"};
};

}  // namespace camfleet::fleet
