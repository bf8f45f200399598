#pragma once
#include <memory>
#include <utility>

#include "fleet/status.h"
#include "fleet/supervisor.h"

namespace camfleet::fleet {

// One device of the fleet: what all may see, and its supervisor, which belongs to the loop.
class Device {
 public:
  Device(const SupervisorContext& context, net::Loop& on, model::DeviceRecord record, Code reason, Rng rng)
      : loop(on),
        status(context.numbers, initial(record), initial_reason(record, reason), context.clock.wall()),
        supervisor(context, on, std::move(record), status, rng) {}

  // Any thread's. The spec and the sealed password of a record never change while it lives.
  const model::DeviceSpec& spec() const { return supervisor.record().spec; }
  model::DeviceViewPtr view(bool with_history) const {
    auto view = std::make_shared<model::DeviceView>();
    const auto& record = supervisor.record();
    view->spec = record.spec;
    view->has_password = !record.sealed_password.empty();
    view->revision = record.revision;
    status.fill(*view, with_history);
    return view;
  }

  net::Loop& loop;
  Status status;
  Supervisor supervisor;

 private:
  // A password that was refused before the restart is not tried again.
  static bool refused(const model::DeviceRecord& record) {
    return record.rejected_version != 0 && record.rejected_version == record.credential_version;
  }
  static DeviceState initial(const model::DeviceRecord& record) {
    if (!record.spec.enabled) return DeviceState::disabled;
    return refused(record) ? DeviceState::rejected : DeviceState::waiting;
  }
  static Code initial_reason(const model::DeviceRecord& record, Code reason) {
    if (!record.spec.enabled) return Code::fleet_operator;
    return refused(record) ? Code::device_bad_credentials : reason;
  }
};

}  // namespace camfleet::fleet
