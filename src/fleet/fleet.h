#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "fleet/admission.h"
#include "fleet/capacity.h"
#include "fleet/change.h"
#include "fleet/command_rate.h"
#include "fleet/device_list.h"
#include "fleet/move_log.h"
#include "fleet/new_device.h"
#include "fleet/ptz.h"
#include "fleet/refusals.h"
#include "fleet/turns.h"
#include "fleet/verdict.h"
#include "fleet/wave.h"
#include "model/driver.h"
#include "model/event_intake.h"
#include "model/lessons.h"
#include "model/ports.h"
#include "model/scope.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/task_group.h"

namespace camfleet::fleet {

class Device;
class Numbers;
struct SupervisorContext;

struct FleetOptions {
  std::size_t max_registered = 100'000;  // past it no device is added, whether it runs or not: fleet.full
  std::size_t capacity =
      20'000;  // running at once; past it a device waits with fleet.full until another leaves
  RetryPolicy retry;
  AdmissionLimits admission;
  std::chrono::milliseconds attempt_budget{8'000};
  model::CallBudget calls;
  std::size_t kept_moves = 65'536;  // of all devices, for who follows them
  std::uint64_t jitter_seed = 0;    // 0: from the kernel; tests give their own
};

// What the fleet is plugged into. All of it outlives the fleet.
struct FleetParts {
  net::Loops& loops;
  model::DeviceStore& store;
  const model::SecretBox& secrets;
  const net::AddressGuard& guard;
  std::vector<model::Driver*> drivers;
  // Each event of each device, on the device's loop; must not wait. May be empty.
  std::function<void(model::Event)> on_event;
  // Each login, with what the device then said of itself, and always_on when it changes while it is logged
  // in; on the device's loop, must not wait. May be empty.
  std::function<void(const model::DeviceSpec&, const model::DeviceFacts&)> on_login;
  const Clock* clock = &system_clock();
  model::RefusalStore* refusals = nullptr;  // null: a restart forgets what cameras refused
  model::EventIntake* events = nullptr;     // where alarms are kept; null: nobody does
  model::LessonStore* lessons = nullptr;    // the same, of what they taught us
};

// How many devices are in one state for one reason.
struct ReasonCount {
  model::DeviceState state = model::DeviceState::waiting;
  Code reason = Code::ok;
  std::size_t count = 0;
};

struct FleetCounts {
  std::size_t total = 0;
  std::array<std::size_t, model::kDeviceStates> states{};  // by DeviceState
  std::size_t channels = 0;  // of devices that were logged in to since the start
  // All that are not simply online, the most frequent first: 3,000 rotated passwords are one line.
  std::vector<ReasonCount> summary;
};

// All devices, and who keeps them connected. One supervisor coroutine per enabled device, on the device's
// loop.
//
// Thread-safe: the API calls from any loop. Reads make an immutable snapshot under a lock of the device alone
// and never post to its loop. Life: load(), start(), ... stop() or stop_and_wait(), then the destructor.
class Fleet final : public model::StreamSource, public model::ScopeCheck {
 public:
  Fleet(FleetParts parts, FleetOptions options = {});
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet() override;

  // Reads the registry; blocking, before the loops matter. A row that cannot be used is skipped and logged.
  Result<void> load();
  // Lets every enabled device connect as admission allows. Once, after load(); from any thread, the loops may
  // be started before or after.
  void start();
  // Ends all sessions, in bounded time. From a task of any loop that no device owns; add() answers
  // fleet.stopping from now on. Once.
  net::Task<> stop();
  // The same from a thread that is no loop's.
  void stop_and_wait();

  // Does many changes as one: checks each against the fleet and against the others, writes what passed in one
  // transaction, then changes what runs. One result for each change, in their order:
  //   device.invalid, device.no_driver, net.forbidden_address, fleet.full: as add()
  //   device.exists: the id or the place is another device's, also another one's of this batch; two devices
  //     may swap their addresses
  //   device.unknown, api.precondition_failed, api.conflict (one device twice in the batch)
  //   fleet.batch_refused: nothing wrong with it, but `all` was asked for and another change was refused
  //   fleet.stopping, storage.failed: of all that would have been done
  // A device that is added, or reached in another way than before, connects through admission; one whose
  // name, tags, timezone or always_on alone changed goes on as it is. What was learned of a device (its
  // serial number) outlives an edit unless `accept_identity` is asked for; a lock of the device outlives all.
  // What is shown is the old until the new is on disk. Changes of one device wait for each other. Where the
  // caller is cancelled, the batch is done or not, never half.
  //
  // By `scope`, a device outside of it is device.unknown, and auth.forbidden a device that would come to be
  // outside; whose an id or a place is that another device has is then not told.
  net::Task<std::vector<ChangeResult>> apply(std::vector<Change> changes, Atomicity atomicity,
                                             model::ScopePtr scope = {});
  // What apply() would answer now, and do: nothing is changed, and the devices are shown as they would be.
  net::Task<std::vector<ChangeResult>> preview(std::vector<Change> changes, Atomicity atomicity,
                                               model::ScopePtr scope = {});

  // One change; what apply() says of it. A removed device's session and streams have ended.
  net::Task<Result<model::DeviceViewPtr>> add(NewDevice device, model::ScopePtr scope = {});
  net::Task<ChangeResult> edit(EditDevice edit, model::ScopePtr scope = {});
  net::Task<Result<void>> remove(model::DeviceId id, std::optional<std::uint64_t> if_revision = {},
                                 model::ScopePtr scope = {});
  // Ends its session and connects anew, also out of `rejected` and `backoff`; one that is `locked` still
  // waits, one that is connecting goes on. `accept_identity` takes whatever device answers now as the right
  // one. Returns at once. device.unknown, device.disabled.
  Result<void> reconnect(const model::DeviceId& id, bool accept_identity = false);

  // With its history. device.unknown.
  Result<model::DeviceViewPtr> show(const model::DeviceId& id) const;
  // How many streams it sends at once, the kept ones with them (fleet/stream_budget.h); nullopt: it never
  // refused one, or is unknown.
  std::optional<std::uint16_t> stream_limit(const model::DeviceId& id) const;
  // api.bad_request where the cursor is none of this list and order. A device that is there all the while,
  // and whose key in the order does not change, is in exactly one page.
  Result<DevicePage> list(const DeviceQuery& query) const;
  // The channels of all devices that were logged in to, by device and number.
  Result<ChannelPage> channels(const ChannelQuery& query) const;
  // Each tag with the number of its devices, by tag.
  std::vector<std::pair<std::string, std::size_t>> tags() const;
  // What happens to all devices, for who follows it.
  MoveLog& moves() { return moves_; }
  FleetCounts counts() const;
  // By DeviceState alone, without a look at the reasons: for who asks at each connection.
  std::array<std::size_t, model::kDeviceStates> states() const;
  // Of the devices in it alone: looks at each.
  FleetCounts counts(const model::Scope& scope) const;
  bool covers(const model::Scope& scope, const model::DeviceId& id) const override;
  // Is it there, and in the scope?
  bool has(const model::DeviceId& id, const model::ScopePtr& scope) const;
  // Some device, be it one on its way in or out, has this id, or is reached at this endpoint_of().
  bool has_id(const std::string& id) const;
  bool has_endpoint(const std::string& endpoint) const;

  // What an import asks. Checks and tidies as add() does, and stores nothing.
  Result<void> check(NewDevice& device) const;
  // Whether this is the password of the device; false for a device that is unknown.
  bool has_password(const model::DeviceId& id, const Secret& password) const;
  std::size_t max_registered() const { return options_.max_registered; }

  // A picture that the device takes now. From any loop. device.unknown, device.disabled, device.offline,
  // device.no_channel, net.timeout, and what the driver says.
  net::Task<Result<model::Picture>> snapshot(model::StreamKey key, Deadline deadline);

  // Moves a camera, for `who` (an opaque name of whoever asks); it is stopped again by itself. From any loop.
  // device.unknown, device.disabled, device.offline, device.no_channel, device.too_many_commands (of this
  // device, or of `who`; retry_after_s), device.not_supported, net.*, and what the device says.
  net::Task<Result<PtzOutcome>> ptz(model::DeviceId id, PtzCommand command, std::string who);
  // Hands a request of the vendor's HTTP interface through, for `who`; the answer without the device's
  // password, of at most kIsapiAnswerMost bytes. From any loop; errors as ptz(), http.too_large and
  // device.unexpected_answer of a longer one.
  net::Task<Result<model::IsapiAnswer>> isapi(model::DeviceId id, model::IsapiRequest request,
                                              std::string who);
  // Asks the device for a picture that can be decoded alone. From any loop; errors as snapshot().
  net::Task<Result<>> request_key_frame(model::StreamKey key, Deadline deadline);
  // What was seen of a stream that is pulled: Supervisor::judge_stream. On the device's loop.
  void judge_stream(const model::StreamKey& key, Error why);

  Result<net::Loop*> loop_of(const model::DeviceId& device) override;
  net::Task<Error> pull(model::StreamKey key, model::Publisher& to) override;

  const Admission& admission() const { return admission_; }
  const Capacity& capacity() const { return capacity_; }

 private:
  class Batch;
  struct Entry {
    std::shared_ptr<Device> device;  // null while it is being added
    std::string endpoint;            // driver and place, for telling duplicates
    bool leaving = false;            // removed on disk, its session is ending
  };
  std::shared_ptr<Device> find(const model::DeviceId& id) const;
  std::shared_ptr<Device> make(std::shared_ptr<const model::DeviceRecord> record, Code reason);
  net::Task<ChangeResult> apply_one(Change change, model::ScopePtr scope);
  bool runs() const;
  void release(const model::DeviceId& id);
  // Makes a reserved id visible, tells the log, and lets it connect; on the device's loop.
  void install(std::shared_ptr<Device> device, LogEntry::Kind kind);

  FleetParts parts_;
  FleetOptions options_;
  Admission admission_;
  Capacity capacity_;
  Wave wave_;
  Refusals refusals_;
  CommandRate device_commands_{10, 20};
  CommandRate user_commands_{20, 40};
  std::unique_ptr<Numbers> numbers_;
  MoveLog moves_;
  std::unique_ptr<SupervisorContext> context_;
  std::atomic<std::uint64_t> seeds_;
  Turns turns_;
  mutable std::shared_mutex mutex_;  // of what follows
  bool started_ = false;
  bool stopping_ = false;
  std::map<std::string, Entry, std::less<>> devices_;
  std::unordered_map<std::string, std::string> endpoints_;  // endpoint -> id
  std::optional<net::TaskGroup> pacing_;                    // on the first loop
};

}  // namespace camfleet::fleet
