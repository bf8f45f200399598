#pragma once
#include <string>
#include <vector>

#include "app/settings.h"
#include "fleet/fleet.h"
#include "model/sink.h"
#include "net/address.h"

// What an operator's settings mean to sinks.
namespace camfleet::app {

// One sink of the configuration file, as a JSON object: the body of POST /api/v1/sinks. sink.invalid, and
// config.invalid where it is none or has no id.
Result<model::SinkWish> declared_sink(const std::string& text);
// Those that were given; checked when they were.
std::vector<model::SinkWish> declared_sinks(const Settings& settings);

// Where sinks may be: anywhere but on this machine, or in the networks that were given alone.
Result<net::AddressGuard> sink_guard_of(const Settings& settings);

// The tags of the devices of the fleet, which outlives it.
class FleetTags final : public model::DeviceTags {
 public:
  explicit FleetTags(const fleet::Fleet& fleet) : fleet_(fleet) {}
  std::vector<std::string> tags_of(const model::DeviceId& id) const override {
    const auto view = fleet_.show(id);
    return view ? (*view)->spec.tags : std::vector<std::string>{};
  }

 private:
  const fleet::Fleet& fleet_;
};

}  // namespace camfleet::app
