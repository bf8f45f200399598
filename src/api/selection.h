#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "fleet/device_filter.h"
#include "fleet/fleet_view.h"

namespace camfleet::api {

// Which devices a bulk change is about: {"where": {"ids": [...], "tag": ..., "state": ..., "text": ...},
// "all": true}. Every member takes a text or a list of texts, and has the meaning that it has in a list of
// devices (fleet/device_filter.h); a device is meant where every member holds. Without any, `all` must say
// so: a forgotten filter must not change a whole fleet. At most 100,000 ids.
class Selection {
 public:
  // api.bad_request with the member's name.
  static Result<Selection> from(const boost::json::object& body);

  // The ids, as the fleet is now for the caller. One that was named and is not there is in it too, so that
  // its change says so; one that is there and does not match the rest is not.
  net::Task<std::vector<model::DeviceId>> find(const fleet::FleetView& fleet) const;

 private:
  std::vector<model::DeviceId> ids_;
  bool by_ids_ = false;
  fleet::DeviceFilter filter_;
};

}  // namespace camfleet::api
