#pragma once
#include <memory>
#include <mutex>
#include <utility>

#include "fleet/status.h"
#include "fleet/supervisor.h"

namespace camfleet::fleet {

// One device of the fleet: what all may see, and its supervisor, which belongs to the loop.
class Device {
 public:
  using Record = std::shared_ptr<const model::DeviceRecord>;

  Device(const SupervisorContext& context, net::Loop& on, const Record& record, Code reason, Rng rng)
      : id(record->spec.id),
        loop(on),
        status(context.numbers, context.moves, subject_of(*record), initial(*record),
               initial_reason(*record, reason), context.clock.wall()),
        supervisor(context, on, *record, status, rng),
        record_(record) {}

  // Any thread's. What an operator says of it, as it is on disk; what the device taught us since the start
  // (serial number, refusals) is the supervisor's.
  Record record() const {
    const std::lock_guard lock{mutex_};
    return record_;
  }
  // Shown from now on; the supervisor is told apart from it, on its loop.
  void publish(Record record) {
    status.relabel(subject_of(*record));
    const std::lock_guard lock{mutex_};
    record_ = std::move(record);
  }
  model::DeviceViewPtr view(bool with_history) const {
    auto view = std::make_shared<model::DeviceView>();
    const auto said = record();
    view->spec = said->spec;
    view->has_password = !said->sealed_password.empty();
    view->revision = said->revision;
    status.fill(*view, with_history);
    view->known_serial =
        view->facts && !view->facts->serial.empty() ? view->facts->serial : said->known_serial;
    return view;
  }

  const model::DeviceId id;
  net::Loop& loop;
  Status status;
  Supervisor supervisor;

 private:
  static SubjectPtr subject_of(const model::DeviceRecord& record) {
    return std::make_shared<const Subject>(Subject{record.spec.id, record.spec.tags});
  }
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

  mutable std::mutex mutex_;
  Record record_;
};

}  // namespace camfleet::fleet
