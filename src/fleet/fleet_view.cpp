#include "fleet/fleet_view.h"

namespace camfleet::fleet {
namespace {

std::unexpected<Error> unknown(const model::DeviceId& id) { return fail(Code::device_unknown, id.str()); }

}  // namespace

Result<model::DeviceViewPtr> FleetView::show(const model::DeviceId& id) const {
  auto view = fleet_->show(id);
  if (view && !model::covers(scope_, id, (*view)->spec.tags)) return unknown(id);
  return view;
}

Result<DevicePage> FleetView::list(DeviceQuery query) const {
  query.filter.within(scope_);
  return fleet_->list(query);
}

Result<ChannelPage> FleetView::channels(ChannelQuery query) const {
  query.filter.within(scope_);
  return fleet_->channels(query);
}

Result<void> FleetView::reconnect(const model::DeviceId& id, bool accept_identity) const {
  if (!has(id)) return unknown(id);
  return fleet_->reconnect(id, accept_identity);
}

net::Task<Result<model::Picture>> FleetView::snapshot(model::StreamKey key, Deadline deadline) const {
  if (!has(key.device)) co_return unknown(key.device);
  auto taking = fleet_->snapshot(std::move(key), deadline);
  co_return co_await std::move(taking);
}

net::Task<Result<PtzOutcome>> FleetView::ptz(model::DeviceId id, PtzCommand command, std::string who) const {
  if (!has(id)) co_return unknown(id);
  auto giving = fleet_->ptz(std::move(id), command, std::move(who));
  co_return co_await std::move(giving);
}

net::Task<Result<model::IsapiAnswer>> FleetView::isapi(model::DeviceId id, model::IsapiRequest request,
                                                       std::string who) const {
  if (!has(id)) co_return unknown(id);
  auto asking = fleet_->isapi(std::move(id), std::move(request), std::move(who));
  co_return co_await std::move(asking);
}

}  // namespace camfleet::fleet
