#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "fleet/fleet.h"
#include "model/scope.h"

namespace camfleet::fleet {

// The fleet as one caller may see and change it: the devices in his scope, and nothing that tells of others.
// A device outside is answered as one that is not there, by the same code. Whoever acts for a caller takes
// the fleet from here and nowhere else. A value; the fleet outlives it. Thread-safe as the fleet is.
class FleetView {
 public:
  // A null scope is the whole fleet.
  FleetView(Fleet& fleet, model::ScopePtr scope) : fleet_(&fleet), scope_(std::move(scope)) {}
  // For who has not said yet who he is.
  static FleetView of_nothing(Fleet& fleet) { return {fleet, std::make_shared<const model::Scope>()}; }

  const model::ScopePtr& scope() const { return scope_; }
  bool is_whole() const { return !scope_; }
  bool has(const model::DeviceId& id) const { return fleet_->has(id, scope_); }

  // As Fleet's of the same names.
  Result<model::DeviceViewPtr> show(const model::DeviceId& id) const;
  std::optional<std::uint16_t> stream_limit(const model::DeviceId& id) const {
    return has(id) ? fleet_->stream_limit(id) : std::nullopt;
  }
  Result<DevicePage> list(DeviceQuery query) const;
  Result<ChannelPage> channels(ChannelQuery query) const;
  FleetCounts counts() const { return scope_ ? fleet_->counts(*scope_) : fleet_->counts(); }
  net::Task<std::vector<ChangeResult>> apply(std::vector<Change> changes, Atomicity atomicity) const {
    return fleet_->apply(std::move(changes), atomicity, scope_);
  }
  net::Task<std::vector<ChangeResult>> preview(std::vector<Change> changes, Atomicity atomicity) const {
    return fleet_->preview(std::move(changes), atomicity, scope_);
  }
  net::Task<Result<model::DeviceViewPtr>> add(NewDevice device) const {
    return fleet_->add(std::move(device), scope_);
  }
  net::Task<ChangeResult> edit(EditDevice edit) const { return fleet_->edit(std::move(edit), scope_); }
  net::Task<Result<void>> remove(model::DeviceId id, std::optional<std::uint64_t> if_revision = {}) const {
    return fleet_->remove(std::move(id), if_revision, scope_);
  }
  Result<void> reconnect(const model::DeviceId& id, bool accept_identity = false) const;
  net::Task<Result<model::Picture>> snapshot(model::StreamKey key, Deadline deadline) const;
  net::Task<Result<PtzOutcome>> ptz(model::DeviceId id, PtzCommand command, std::string who) const;
  net::Task<Result<model::IsapiAnswer>> isapi(model::DeviceId id, model::IsapiRequest request,
                                              std::string who) const;

 private:
  Fleet* fleet_;
  model::ScopePtr scope_;
};

}  // namespace camfleet::fleet
