#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/admission.h"
#include "fleet/capacity.h"
#include "fleet/ptz.h"
#include "fleet/refusals.h"
#include "fleet/status.h"
#include "fleet/stream_budget.h"
#include "fleet/verdict.h"
#include "fleet/wave.h"
#include "model/driver.h"
#include "model/event_intake.h"
#include "model/lessons.h"
#include "model/ports.h"
#include "net/event.h"
#include "net/loop.h"
#include "net/task_group.h"

namespace camfleet::fleet {

// Of what a device answers to a request that was handed through.
inline constexpr std::size_t kIsapiAnswerMost = 1024 * 1024;

// What all supervisors share; made by the fleet, outlives them.
struct SupervisorContext {
  model::DeviceStore& store;
  const model::SecretBox& secrets;
  const net::AddressGuard& guard;
  std::unordered_map<std::string, model::Driver*> drivers;
  std::function<void(model::Event)> on_event;
  std::function<void(const model::DeviceSpec&, const model::DeviceFacts&)> on_login;
  const Clock& clock;
  Admission& admission;
  Capacity& capacity;
  Wave& wave;
  Refusals& refusals;
  Numbers& numbers;
  MoveLog& moves;
  model::LessonStore* lessons;  // null: a restart forgets what devices taught us
  RetryPolicy retry;
  std::chrono::milliseconds attempt_budget;
  model::CallBudget calls;
  model::EventIntake* events = nullptr;  // null: nobody keeps events
};

// What an edit of the device means for what runs.
struct Adoption {
  bool reach = false;           // how it is reached or logged in to is another
  bool forget_refusal = false;  // as model::StoreChange has them
  bool forget_identity = false;
  bool may_start = true;  // false: the fleet has not started, or stops
};

// Keeps one device connected: waits its turn, logs in, keeps the session, and decides by fleet/verdict.h what
// its end asks for. Lives on the device's loop, and so do all its calls. One coroutine, one more while an
// attempt or a session lives, one armed timer at most.
//
// A password that the device refused is not tried again before it changes or an operator asks, also after a
// restart; and an operator who goes on asking is heard as often as fleet/refusals.h lets, for a camera counts
// every try whoever wanted it.
class Supervisor final : private model::SessionObserver {
 public:
  Supervisor(const SupervisorContext& context, net::Loop& loop, model::DeviceRecord record, Status& status,
             Rng rng);
  ~Supervisor() override;

  // What it taught an earlier run; before the start.
  void recall(const model::Lesson& lesson);
  // Once; again is no harm.
  void start();
  // Asks everything to end; the streams end with `why`. stop() then waits for it: a supervisor ends only
  // after that.
  void begin_stop(Error why);
  net::Task<> stop(Error why);

  // What an operator says of it from now on; of what the device taught us, only what `what` names is
  // forgotten. A session that is reached in another way ends, and so do its streams.
  void adopt(model::DeviceRecord record, const Adoption& what);
  // See Fleet::reconnect.
  void reconnect(bool accept_identity);

  net::Task<Error> pull(std::uint16_t channel, model::Profile profile, model::Publisher& to);
  net::Task<Result<model::Picture>> snapshot(std::uint16_t channel, model::Profile profile,
                                             Deadline deadline);
  net::Task<Result<PtzOutcome>> ptz(PtzCommand command, Deadline deadline);
  net::Task<Result<>> request_key_frame(std::uint16_t channel, model::Profile profile, Deadline deadline);
  // Hands it through, and takes the device's password out of the answer.
  net::Task<Result<model::IsapiAnswer>> isapi(model::IsapiRequest request, Deadline deadline);
  // What whoever pulls its streams saw of one: `why` is what is wrong with it (media.*), ok that it is well.
  // The device is degraded while that is so of any of them.
  void judge_stream(std::uint16_t channel, model::Profile profile, Error why);

  // It was removed: no alarm of it is expected any more. Thread-safe.
  void forget_events() {
    if (lane_) lane_->gone();
  }

  const model::DeviceRecord& record() const { return record_; }

 private:
  using Duration = RetryPolicy::Duration;
  struct Pull;

  net::Task<> supervise();
  net::Task<> take_seat();
  net::Task<AdmissionSlot> take_turn();
  bool guarded();
  void know_credential();
  // One attempt and, where it succeeds, the session. Leaves why it is over in outcome_.
  net::Task<> attempt();
  net::Task<> watch(net::TaskGroup& session);
  net::Task<Error> login(AdmissionSlot& slot);
  net::Task<Error> open_with_any_driver(Deadline deadline);
  // `fallback`: what the drivers before it met; empty where it is the first.
  Error know(const model::Driver& driver, std::shared_ptr<model::Session> session,
             const std::string& fallback);
  void conclude(const Error& why);
  net::Task<> wait_until_due();

  // Ends the attempt or session that is under way; where there is none, the next attempt ends by it before it
  // begins.
  void interrupt(Error why);
  // `reach`: of the pull that was refused; a refusal of what it was before says nothing.
  void heard_of_refusal(const Error& why, unsigned reach);
  void connect_anew();
  void switch_on(bool may_start);
  void switch_off();
  void enter_disabled();
  void foretell_lock();
  Result<std::shared_ptr<model::Session>> session_now();
  Result<std::shared_ptr<model::Session>> session_for(std::uint16_t channel);
  Result<void> room_for_stream() const;
  void keep_lesson();
  void end_pulls(const Error& why);
  void tell_streams(Code code);
  void persist();
  net::Task<> persist_now();
  Priority priority() const;
  void tell(const Error& why, const Verdict& verdict) const;

  void heard() override;
  void impaired(Error reason) override;
  void restored(Code reason) override;
  void event(model::Event event) override;
  void armed() override;
  void disarmed(Error why) override;
  net::Task<bool> room(Deadline deadline) override;

  // Every move of the device goes by here.
  void enter(DeviceState to, const Error& why, unsigned attempts = 0, std::optional<WallTime> next = {});
  void note_move(DeviceState to, const Error& why);

  const SupervisorContext& context_;
  net::Loop& loop_;
  model::DeviceRecord record_;
  Status& status_;
  Schedule schedule_;
  std::shared_ptr<const model::PasswordSource> password_;
  CredentialHold credential_;
  Seat seat_;                  // while it connects, is online or backs off
  Refusals::Key refusal_key_;  // of this credential at this place

  std::shared_ptr<model::Session> session_;
  bool begun_ = false;
  bool under_way_ = false;          // an attempt or a session
  std::optional<Error> outcome_;    // why it is over
  std::optional<Error> foretold_;   // what a stream heard between sessions: the next attempt ends by it
  std::vector<Error> impairments_;  // what is missing now, bounded
  // Streams that something is wrong with, each with what; bounded.
  std::vector<std::pair<std::pair<std::uint16_t, model::Profile>, Code>> sick_streams_;
  std::unique_ptr<model::EventLane> lane_;                              // null: nobody keeps events
  std::pair<DeviceState, Code> noted_{DeviceState::waiting, Code::ok};  // the last move in the ledger
  std::unique_ptr<PtzDesk> ptz_;                                        // from its first command on
  SteadyTime online_since_{};
  bool was_online_ = false;
  SteadyTime due_{};
  SteadyTime wanted_until_{};  // a viewer asked for it: it goes first
  std::optional<Code> asked_;  // an operator asked for an attempt now, or changed something: the reason
  unsigned reach_ = 0;         // counts the ways in which it was to be reached
  SteadyTime locked_until_{};  // of a device that was switched off while it was locked
  std::string lock_detail_;
  std::string trace_id_;  // of the attempt or session under way
  std::vector<Pull*> pulls_;
  StreamBudget streams_;  // outlives sessions: it is the device's
  std::optional<Error> stopping_;
  net::Event bell_;
  net::Event pulls_gone_;
  net::TaskGroup tasks_;
};

}  // namespace camfleet::fleet
