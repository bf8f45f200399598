#include "fleet/import/importer.h"

#include <algorithm>

#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "fleet/fleet.h"

namespace camfleet::fleet {
namespace {

// Taken while an import runs; its last holder gives it back, be it a job whose caller has gone.
using Turn = std::shared_ptr<void>;
Turn take_turn(const std::shared_ptr<std::atomic<bool>>& busy) {
  if (busy->exchange(true)) return nullptr;
  return {busy.get(), [busy](void*) { busy->store(false); }};
}

struct Job {
  ~Job() { wipe(file); }
  std::string file;
  ImportFormat format = ImportFormat::csv;
  ImportOptions options;
  bool dry_run = false;
  model::ScopePtr scope;
  ImportOutcome outcome;
  PlannedChanges planned;
};

void take_in(ImportPlan& plan, const PlannedChanges& planned, const std::vector<ChangeResult>& results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& item = plan.items[planned.items[i]];
    if (results[i]) {
      if (results[i]->device) item.id = results[i]->device->spec.id;
      continue;
    }
    item.action = ImportAction::error;
    item.errors.push_back({"", results[i].error().code, clean_utf8(results[i].error().place)});
  }
}

}  // namespace

ImportWorld import_world(const Fleet& fleet, const model::ScopePtr& scope) {
  ImportWorld world;
  DeviceQuery query;
  query.limit = 1'000;
  query.filter.within(scope);
  for (;;) {
    auto page = fleet.list(query);
    if (!page) break;
    std::ranges::move(page->items, std::back_inserter(world.devices));
    if (!page->next) break;
    query.cursor = std::move(*page->next);
  }
  world.capacity = fleet.max_registered();
  world.check = [&fleet, scope](NewDevice& device) -> Result<void> {
    if (auto good = fleet.check(device); !good) return good;
    if (model::covers(scope, device.spec.id, device.spec.tags)) return {};
    return fail(Code::auth_forbidden,
                "tags: it would be outside of the devices that the token is limited to");
  };
  if (scope) {
    world.others = fleet.counts().total - std::min(fleet.counts().total, world.devices.size());
    world.id_taken = [&fleet](const std::string& id) { return fleet.has_id(id); };
    world.place_taken = [&fleet](const std::string& place) { return fleet.has_endpoint(place); };
  }
  world.same_password = [&fleet](const model::DeviceId& id, const Secret& password) {
    return fleet.has_password(id, password);
  };
  return world;
}

net::Task<Result<std::shared_ptr<const ImportOutcome>>> Importer::run(std::string file, ImportFormat format,
                                                                      ImportOptions options, bool dry_run,
                                                                      model::ScopePtr scope) {
  auto job = std::make_shared<Job>();
  job->file = std::move(file);
  wipe(file);
  auto turn = take_turn(busy_);  // not const: a closure could not give its copy away
  if (!turn) co_return fail(Code::import_busy);
  job->format = format;
  job->options = options;
  job->dry_run = dry_run;
  job->scope = scope;
  auto planning = [job, turn, &fleet = fleet_]() mutable -> Result<void> {
    const auto ours = std::move(turn);  // given back before the answer, not when this function is put away
    auto table = read_import(std::exchange(job->file, {}), job->format);
    if (!table) return fail(table.error());
    const auto world = import_world(fleet, job->scope);
    job->outcome.plan = make_plan(std::move(*table), world, job->options);
    if (!job->dry_run) job->planned = take_changes(job->outcome.plan);
    return {};
  };
  auto running = pool_.run(std::move(planning));
  const auto planned = co_await std::move(running);
  if (!planned) co_return fail(planned.error());

  auto& plan = job->outcome.plan;
  if (!dry_run && !plan.refused) {
    // What is removed and what comes in its place go together.
    const auto atomicity = options.all_or_nothing || options.prune ? Atomicity::all : Atomicity::each;
    auto applying = fleet_.apply(std::move(job->planned.changes), atomicity, scope);
    const auto results = co_await std::move(applying);
    const auto failed = std::ranges::find_if(results, [](const auto& one) { return !one; });
    const bool all_failed =
        !results.empty() && std::ranges::none_of(results, [](const auto& one) { return one.has_value(); });
    if (all_failed && info(failed->error().code).http_status >= 500 &&
        failed->error().code != Code::fleet_full)
      co_return fail(failed->error());
    take_in(plan, job->planned, results);
    if (atomicity == Atomicity::all && failed != results.end())
      plan.refused = {options.prune ? Code::import_prune_refused : Code::import_refused,
                      "a change was refused"};
    job->outcome.applied = !plan.refused;
  }
  const auto counts = plan.counts();
  log::info("fleet.import", {{"dry_run", dry_run},
                             {"applied", job->outcome.applied},
                             {"rows", plan.rows},
                             {"added", counts[static_cast<std::size_t>(ImportAction::add)]},
                             {"changed", counts[static_cast<std::size_t>(ImportAction::change)]},
                             {"removed", counts[static_cast<std::size_t>(ImportAction::remove)]},
                             {"errors", counts[static_cast<std::size_t>(ImportAction::error)]}});
  co_return std::shared_ptr<const ImportOutcome>{job, &job->outcome};
}

}  // namespace camfleet::fleet
