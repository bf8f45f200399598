#include "fleet/batch.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "fleet/sealed_password.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kSlice = 256;

bool ends_slice(std::size_t index) { return index % kSlice == kSlice - 1; }

// Lets the loop do what else it has to do.
net::Task<> breathe() { return net::sleep_until(SteadyTime{}); }

Error outside() {
  return Error{Code::auth_forbidden, "tags: it would be outside of the devices that the token is limited to"};
}

}  // namespace

Fleet::Batch::Batch(Fleet& fleet, std::vector<Change> changes, Atomicity atomicity, bool dry,
                    model::ScopePtr scope)
    : fleet_(fleet),
      atomicity_(atomicity),
      dry_(dry),
      scope_(std::move(scope)),
      changes_(std::move(changes)) {}

net::Task<std::vector<std::string>> Fleet::Batch::gather() {
  std::vector<std::string> ids;
  ids.reserve(changes_.size());
  items_.reserve(changes_.size());
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const auto before = by_id_.size();
    gather(changes_[i]);
    if (by_id_.size() > before) ids.push_back(items_.back().id.str());
    changes_[i] = RemoveDevice{};
    if (ends_slice(i)) co_await breathe();
  }
  changes_.clear();
  co_return ids;
}

void Fleet::Batch::gather(Change& change) {
  auto& item = items_.emplace_back();
  if (auto* add = std::get_if<AddDevice>(&change)) {
    item.kind = Kind::add;
    item.id = add->device.spec.id;
    item.device = std::move(add->device);
  } else if (auto* edit = std::get_if<EditDevice>(&change)) {
    item.kind = Kind::edit;
    item.id = std::move(edit->id);
    item.patch = std::move(edit->patch);
    item.if_revision = edit->if_revision;
  } else if (auto* remove = std::get_if<RemoveDevice>(&change)) {
    item.kind = Kind::remove;
    item.id = std::move(remove->id);
    item.if_revision = remove->if_revision;
  }
  if (item.id.empty()) return;
  if (!by_id_.emplace(item.id.str(), items_.size() - 1).second)
    item.refused = Error{item.kind == Kind::add ? Code::device_exists : Code::api_conflict,
                         "id: " + item.id.str() + " is twice in this request"};
}

net::Task<> Fleet::Batch::run() {
  auto checking = check();
  co_await std::move(checking);
  auto claiming = claim();
  co_await std::move(claiming);
  const bool in_vain = refused_as_a_whole();
  if (in_vain || dry_) {
    auto giving_back = give_back();
    co_await std::move(giving_back);
    if (dry_) {
      auto foreseeing = foresee();
      co_await std::move(foreseeing);
    }
    auto finishing = results();
    results_ = co_await std::move(finishing);
    co_return;
  }
  auto writing = write();
  const bool written = co_await std::move(writing);
  if (written) {
    auto showing = show();
    co_await std::move(showing);
  } else {
    auto giving_back = give_back();
    co_await std::move(giving_back);
  }
  tell();
  auto finishing = results();
  results_ = co_await std::move(finishing);
}

// --- each alone

net::Task<> Fleet::Batch::check() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].refused) check(items_[i]);
    if (ends_slice(i)) co_await breathe();
  }
}

void Fleet::Batch::check(Item& item) {
  if (item.kind == Kind::add) {
    item.effect = Effect::added;
    const auto ready = prepare(item.device, fleet_.context_->drivers, fleet_.parts_.guard);
    if (!ready) return refuse(item, ready.error());
    if (!model::covers(scope_, item.id, item.device.spec.tags)) return refuse(item, outside());
    item.takes = endpoint_of(item.device.spec);
    return;
  }
  item.running = fleet_.find(item.id);
  if (!item.running) return refuse(item, Error{Code::device_unknown, item.id.str()});
  item.before = item.running->record();
  if (!model::covers(scope_, item.id, item.before->spec.tags))
    return refuse(item, Error{Code::device_unknown, item.id.str()});
  if (item.if_revision && *item.if_revision != item.before->revision)
    return refuse(item, Error{Code::api_precondition_failed,
                              "revision: is " + std::to_string(item.before->revision) + " by now"});
  if (item.kind == Kind::edit) return check_edit(item);
  item.effect = Effect::removed;
  item.leaves = endpoint_of(item.before->spec);
}

// What was allowed when it was added may not be any more (another --allow-devices, a driver that is gone):
// such a device can still be renamed, switched off and removed, and is refused when it connects.
bool Fleet::Batch::was_so_before(const Item& item, Code why) {
  return (why == Code::net_forbidden_address || why == Code::device_no_driver) &&
         same_reach(item.device.spec, item.before->spec);
}

void Fleet::Batch::check_edit(Item& item) {
  const auto& before = *item.before;
  const bool forget_identity = item.patch.accept_identity;
  const bool no_password = item.patch.no_password;
  item.device = patched(before.spec, std::move(item.patch));
  const auto ready = prepare(item.device, fleet_.context_->drivers, fleet_.parts_.guard);
  if (!ready && !was_so_before(item, ready.error().code)) return refuse(item, ready.error());
  const auto& spec = item.device.spec;
  if (!model::covers(scope_, item.id, spec.tags)) return refuse(item, outside());

  const auto new_password =
      no_password ? Result<bool>{!before.sealed_password.empty()} : password_changes(item);
  if (!new_password) return refuse(item, new_password.error());
  const bool new_credential = *new_password || spec.username != before.spec.username;
  item.adoption.reach = *new_password || forget_identity || !same_reach(spec, before.spec);
  item.adoption.forget_refusal = item.adoption.reach;
  item.adoption.forget_identity = forget_identity;
  if (spec == before.spec && !*new_password && !forget_identity) return;  // it is so already

  auto after = std::make_shared<model::DeviceRecord>(before);
  after->spec = spec;
  ++after->revision;
  if (new_credential) ++after->credential_version;
  if (no_password) {
    after->sealed_password.clear();
  } else if (*new_password && !dry_) {
    after->sealed_password = fleet_.parts_.secrets.seal(item.device.password, password_context(item.id));
  } else if (*new_password) {
    after->sealed_password = "-";  // a preview says only that there is one
  }
  item.device.password = Secret{};
  item.after = std::move(after);
  item.effect = spec.enabled != before.spec.enabled ? (spec.enabled ? Effect::enabled : Effect::disabled)
                : item.adoption.reach               ? Effect::reconnected
                                                    : Effect::edited;
  if (auto leaves = endpoint_of(before.spec), takes = endpoint_of(spec); leaves != takes) {
    item.leaves = std::move(leaves);
    item.takes = std::move(takes);
  }
}

// A password that cannot be opened any more (the key was lost) is another one, whatever it is.
Result<bool> Fleet::Batch::password_changes(const Item& item) const {
  const auto& given = item.device.password;
  if (given.empty()) return false;
  if (item.before->sealed_password.empty()) return true;
  const auto present = fleet_.parts_.secrets.open(item.before->sealed_password, password_context(item.id));
  return !present || !present->equals(given.reveal());
}

// --- against the fleet and each other

net::Task<> Fleet::Batch::claim() {
  {
    const std::shared_lock lock{fleet_.mutex_};
    if (fleet_.stopping_ && !dry_)
      for (auto& item : items_)
        if (!item.refused) item.refused = Error{Code::fleet_stopping};
  }
  for (std::size_t from = 0; from < items_.size(); from += kSlice) {
    {
      const std::shared_lock lock{fleet_.mutex_};
      for (std::size_t i = from; i < std::min(from + kSlice, items_.size()); ++i) {
        auto& item = items_[i];
        if (!item.goes_on()) continue;
        if (item.kind == Kind::remove) ++removing_;
        const auto owner = fleet_.endpoints_.find(item.leaves);
        if (owner != fleet_.endpoints_.end() && owner->second == item.id.str())
          leaving_.emplace(item.leaves, &item);
      }
    }
    co_await breathe();
  }
  for (std::size_t from = 0; from < items_.size(); from += kSlice) {
    {
      const std::lock_guard lock{fleet_.mutex_};
      for (std::size_t i = from; i < std::min(from + kSlice, items_.size()); ++i)
        if (items_[i].goes_on()) claim(items_[i]);
    }
    co_await breathe();
  }
}

// Under the fleet's mutex. What is taken is in the fleet's tables from here on, so that no other call takes
// it; a place that another of this batch leaves stays the other's until all is on disk.
void Fleet::Batch::claim(Item& item) {
  auto& devices = fleet_.devices_;
  auto& spec = item.device.spec;
  if (item.kind == Kind::add) {
    const auto there = devices.size() + (dry_ ? adding_ : 0) - removing_;
    const auto most = fleet_.options_.max_registered;
    if (there >= most) return refuse(item, Error{Code::fleet_full, std::to_string(most) + " devices"});
    if (spec.id.empty()) {
      spec.id = item.id = free_id(spec);
      by_id_.emplace(item.id.str(), static_cast<std::size_t>(&item - items_.data()));
    } else if (devices.contains(spec.id.str())) {
      return refuse(item, Error{Code::device_exists, "id: " + spec.id.str()});
    }
  }
  if (!item.takes.empty()) {
    const auto owner = fleet_.endpoints_.find(item.takes);
    const bool free = owner == fleet_.endpoints_.end() || leaving_.contains(item.takes);
    if (const auto rival = taking_.find(item.takes); rival != taking_.end())
      return refuse(
          item, Error{Code::device_exists, "address: another change of this request takes it for device " +
                                               rival->second->id.str()});
    if (!free) return refuse(item, Error{Code::device_exists, place_of(owner->second)});
    taking_.emplace(item.takes, &item);
    if (!dry_ && owner == fleet_.endpoints_.end()) {
      fleet_.endpoints_.emplace(item.takes, item.id.str());
      item.has_place = true;
    }
  }
  if (item.kind != Kind::add) return;
  ++adding_;
  if (dry_) return;
  devices[item.id.str()] = Entry{nullptr, item.takes, false};
  item.has_id = true;
}

// Under the fleet's mutex.
std::string Fleet::Batch::place_of(const std::string& owner) const {
  const auto at = fleet_.devices_.find(owner);
  const auto device = at == fleet_.devices_.end() ? nullptr : at->second.device;
  const bool told = !scope_ || (device && scope_->covers(device->id, device->record()->spec.tags));
  return told ? "address: this is device " + owner : "address: is taken";
}

// "gate", "gate-2", ... Past a few the search goes on where a fleet of so many would be, and a batch
// remembers where it was: 20,000 cameras may all be called "camera".
model::DeviceId Fleet::Batch::free_id(const model::DeviceSpec& spec) {
  constexpr std::size_t kFew = 32;
  const auto base = id_base(spec);
  auto id = base;
  auto& n = numbered_[base];
  while (fleet_.devices_.contains(id) || by_id_.contains(id)) {
    n = n == 0 ? 2 : n == kFew ? std::max(n, fleet_.devices_.size()) + 1 : n + 1;
    id = base + '-' + std::to_string(n);
  }
  return model::DeviceId{std::move(id)};
}

// Whoever was to come to the place of a device that now stays cannot come either.
void Fleet::Batch::refuse(Item& item, Error why) {
  item.refused = std::move(why);
  if (item.leaves.empty()) return;
  const auto left = leaving_.find(item.leaves);
  if (left == leaving_.end() || left->second != &item) return;
  leaving_.erase(left);
  if (item.kind == Kind::remove) --removing_;
  const auto taken = taking_.find(item.leaves);
  if (taken == taking_.end() || atomicity_ == Atomicity::all) return;
  auto& next = *taken->second;
  taking_.erase(taken);
  refuse(next, Error{Code::device_exists, "address: this is device " + item.id.str()});
}

bool Fleet::Batch::refused_as_a_whole() {
  if (atomicity_ == Atomicity::each) return false;
  bool any = false;
  for (const auto& item : items_) any = any || item.refused;
  if (!any) return false;
  for (auto& item : items_)
    if (!item.refused) item.refused = Error{Code::fleet_batch_refused};
  return true;
}

net::Task<> Fleet::Batch::give_back() {
  for (std::size_t from = 0; from < items_.size(); from += kSlice) {
    {
      const std::lock_guard lock{fleet_.mutex_};
      for (std::size_t i = from; i < std::min(from + kSlice, items_.size()); ++i) give_back(items_[i]);
    }
    co_await breathe();
  }
}

void Fleet::Batch::give_back(Item& item) {
  if (std::exchange(item.has_place, false)) fleet_.endpoints_.erase(item.takes);
  if (std::exchange(item.has_id, false)) fleet_.devices_.erase(item.id.str());
}

// --- disk, then memory

net::Task<bool> Fleet::Batch::write() {
  std::vector<model::StoreChange> changes;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (ends_slice(i)) co_await breathe();
    if (!item.goes_on()) continue;
    if (item.kind == Kind::remove) {
      changes.push_back(model::StoreChange::remove(item.id));
      continue;
    }
    if (item.kind == Kind::add) {
      auto record = std::make_shared<model::DeviceRecord>();
      record->spec = std::move(item.device.spec);
      if (!item.device.password.empty())
        record->sealed_password =
            fleet_.parts_.secrets.seal(item.device.password, password_context(record->spec.id));
      item.device.password = Secret{};
      changes.push_back(model::StoreChange::put(*record));
      item.after = std::move(record);
    } else {
      changes.push_back({model::StoreChange::Kind::edit, *item.after, item.adoption.forget_refusal,
                         item.adoption.forget_identity});
    }
  }
  // Of `each`: what was refused may hold an id or a place.
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].refused && (items_[i].has_id || items_[i].has_place)) {
      const std::lock_guard lock{fleet_.mutex_};
      give_back(items_[i]);
    }
  if (changes.empty()) co_return true;
  auto writing = fleet_.parts_.store.apply(std::move(changes));
  const auto written = co_await std::move(writing);
  if (written) co_return true;
  for (auto& item : items_)
    if (item.goes_on()) item.refused = written.error();
  co_return false;
}

net::Task<> Fleet::Batch::show() {
  // All that come take their places before any that goes gives up its own: a place is never nobody's.
  for (const bool coming : {true, false})
    for (std::size_t from = 0; from < items_.size(); from += kSlice) {
      {
        const std::lock_guard lock{fleet_.mutex_};
        for (std::size_t i = from; i < std::min(from + kSlice, items_.size()); ++i)
          if (items_[i].goes_on()) coming ? come(items_[i]) : leave(items_[i]);
      }
      co_await breathe();
    }
  std::vector<std::vector<Item*>> by_loop(fleet_.parts_.loops.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (item.goes_on()) {
      by_loop[fleet_.parts_.loops.for_key(item.id.str()).index()].push_back(&item);
    } else if (!item.refused) {
      item.view = item.running->view(true);
    }
    if (ends_slice(i)) co_await breathe();
  }
  for (std::size_t i = 0; i < by_loop.size(); ++i) {
    if (by_loop[i].empty()) continue;
    auto finishing = finish(fleet_, std::move(by_loop[i]));
    co_await net::run_on(fleet_.parts_.loops.at(i).executor(), std::move(finishing));
  }
}

// Under the fleet's mutex.
void Fleet::Batch::come(Item& item) {
  if (item.takes.empty()) return;
  fleet_.endpoints_[item.takes] = item.id.str();
  fleet_.devices_.at(item.id.str()).endpoint = item.takes;
}

// Under the fleet's mutex. The id of a device that is removed is free when its session has ended.
void Fleet::Batch::leave(Item& item) {
  if (item.kind == Kind::remove) fleet_.devices_.at(item.id.str()).leaving = true;
  const auto owner = fleet_.endpoints_.find(item.leaves);
  if (owner != fleet_.endpoints_.end() && owner->second == item.id.str()) fleet_.endpoints_.erase(owner);
}

// On the loop of these devices.
net::Task<> Fleet::Batch::finish(Fleet& fleet, std::vector<Item*> items) {
  const auto removed = [](const Item& item) {
    return Error{Code::device_unknown, item.id.str() + ": removed"};
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto& item = *items[i];
    if (item.kind == Kind::add) item.running = fleet.make(item.after, Code::fleet_added);
    auto& device = *item.running;
    if (item.kind == Kind::remove) {
      item.view = device.view(true);
      device.supervisor.begin_stop(removed(item));
    } else if (item.kind == Kind::add) {
      item.view = device.view(true);
      fleet.install(item.running, LogEntry::Kind::added);
    } else {
      device.publish(item.after);
      device.status.tell(LogEntry::Kind::changed);
      item.adoption.may_start = fleet.runs();
      device.supervisor.adopt(*item.after, item.adoption);
      item.view = device.view(true);
    }
    if (ends_slice(i)) co_await breathe();
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto& item = *items[i];
    if (item.kind == Kind::remove) {
      auto stopping = item.running->supervisor.stop(removed(item));
      co_await std::move(stopping);
      item.running->supervisor.forget_events();
      fleet.release(item.id);
      item.running->status.tell(LogEntry::Kind::removed);
    }
    item.running.reset();  // it ends on its own loop
    if (ends_slice(i)) co_await breathe();
  }
}

// --- results

net::Task<> Fleet::Batch::foresee() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].refused) items_[i].view = foreseen(items_[i]);
    if (ends_slice(i)) co_await breathe();
  }
}

// As it would be.
model::DeviceViewPtr Fleet::Batch::foreseen(Item& item) {
  if (!item.goes_on() || item.kind == Kind::remove) return item.running->view(false);
  auto view = std::make_shared<model::DeviceView>();
  if (item.kind == Kind::add) {
    view->spec = std::move(item.device.spec);
    view->has_password = !item.device.password.empty();
    view->revision = 1;
    return view;
  }
  *view = *item.running->view(false);
  view->spec = item.after->spec;
  view->has_password = !item.after->sealed_password.empty();
  view->revision = item.after->revision;
  return view;
}

// A line for each of a few, one for many.
void Fleet::Batch::tell() const {
  constexpr std::size_t kFew = 16;
  std::size_t done = 0;
  std::size_t refused = 0;
  for (const auto& item : items_) {
    done += item.goes_on();
    refused += static_cast<bool>(item.refused);
    if (items_.size() <= kFew && item.goes_on())
      log::info("fleet.device_changed", {{"device", item.id.str()}, {"effect", to_text(item.effect)}});
  }
  if (items_.size() > kFew)
    log::info("fleet.devices_changed", {{"changes", items_.size()}, {"done", done}, {"refused", refused}});
}

// Lets go of the changes on the way: 20,000 of them are some 20 ms of freeing too.
net::Task<std::vector<ChangeResult>> Fleet::Batch::results() {
  std::vector<ChangeResult> out;
  out.reserve(items_.size());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    auto& item = items_[i];
    if (item.refused) {
      out.emplace_back(fail(std::move(item.refused)));
    } else {
      out.emplace_back(Changed{std::move(item.view), item.effect});
    }
    item = Item{};
    if (ends_slice(i)) co_await breathe();
  }
  for (std::size_t i = 0; !by_id_.empty(); ++i) {
    by_id_.erase(by_id_.begin());
    if (ends_slice(i)) co_await breathe();
  }
  co_return out;
}

}  // namespace camfleet::fleet
