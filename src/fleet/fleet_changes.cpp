#include "base/log.h"
#include "fleet/device.h"
#include "fleet/fleet.h"
#include "fleet/sealed_password.h"
#include "net/loop_groups.h"

namespace camfleet::fleet {

net::Task<ChangeResult> Fleet::apply_one(Change change, bool dry) {
  if (auto* adding = std::get_if<AddDevice>(&change)) {
    if (dry) {
      const auto ready = prepare(adding->device, context_->drivers, parts_.guard);
      if (!ready) co_return fail(ready.error());
      auto view = std::make_shared<model::DeviceView>();
      view->spec = std::move(adding->device.spec);
      co_return Changed{std::move(view), Effect::added};
    }
    auto doing = add(std::move(adding->device));
    auto done = co_await std::move(doing);
    if (!done) co_return fail(done.error());
    co_return Changed{std::move(*done), Effect::added};
  }
  const auto id = std::holds_alternative<EditDevice>(change) ? std::get<EditDevice>(change).id
                                                             : std::get<RemoveDevice>(change).id;
  const auto before = show(id);
  if (!before) co_return fail(before.error());
  if (auto* removing = std::get_if<RemoveDevice>(&change)) {
    if (removing->if_revision && *removing->if_revision != (*before)->revision)
      co_return fail(Code::api_precondition_failed, id.str());
    if (!dry) {
      auto doing = remove(id);
      const auto done = co_await std::move(doing);
      if (!done) co_return fail(done.error());
    }
    co_return Changed{*before, Effect::removed};
  }
  auto& edit = std::get<EditDevice>(change);
  if (edit.if_revision && *edit.if_revision != (*before)->revision)
    co_return fail(Code::api_precondition_failed, id.str());
  auto next = patched((*before)->spec, std::move(edit.patch));
  const auto ready = prepare(next, context_->drivers, parts_.guard);
  if (!ready) co_return fail(ready.error());
  if (next.spec == (*before)->spec && next.password.empty()) co_return Changed{*before, Effect::none};
  auto view = std::make_shared<model::DeviceView>(**before);
  view->spec = next.spec;
  if (dry) co_return Changed{std::move(view), Effect::reconnected};
  auto removing = remove(id);
  const auto removed = co_await std::move(removing);
  if (!removed) co_return fail(removed.error());
  auto adding = add(std::move(next));
  auto added = co_await std::move(adding);
  if (!added) co_return fail(added.error());
  co_return Changed{std::move(*added), Effect::reconnected};
}

net::Task<std::vector<ChangeResult>> Fleet::apply(std::vector<Change> changes, Atomicity) {
  std::vector<ChangeResult> out;
  for (auto& change : changes) {
    auto doing = apply_one(std::move(change), false);
    out.push_back(co_await std::move(doing));
  }
  co_return out;
}

net::Task<std::vector<ChangeResult>> Fleet::preview(std::vector<Change> changes, Atomicity) {
  std::vector<ChangeResult> out;
  for (auto& change : changes) {
    auto doing = apply_one(std::move(change), true);
    out.push_back(co_await std::move(doing));
  }
  co_return out;
}

}  // namespace camfleet::fleet
