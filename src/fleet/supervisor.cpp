#include "fleet/supervisor.h"

#include <algorithm>
#include <cassert>

#include "base/log.h"
#include "base/random.h"
#include "fleet/sealed_password.h"
#include "net/within.h"

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration_cast;

// A driver that keeps its deadline says more than "timeout"; it gets this much to do so.
constexpr auto kGrace = 250ms;
constexpr auto kClockNoise = 2'000ms;  // a device's clock that is off by less is right
constexpr std::size_t kMostImpairments = 16;

// What another driver would meet as well, or must not try: a device counts wrong passwords whoever sends
// them.
bool ends_all_drivers(Code code) {
  const auto answer = answer_to(code);
  return answer == Answer::rejected || answer == Answer::locked || answer == Answer::operator_ ||
         code == Code::device_not_activated || code == Code::net_forbidden_address ||
         code == Code::auth_secret_unreadable || code == Code::fleet_stopping;
}

// "hcnetsdk: sdk.unconfigured; hikvision: net.refused: ...": each driver, and what it met.
std::string told_by(const std::vector<std::string>& drivers, const std::vector<Error>& failures) {
  std::string out;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    if (!out.empty()) out += "; ";
    out += drivers[i] + ": " + failures[i].text();
  }
  return out;
}

// The first failure that is one of the device, and not of a driver that is not there or does not fit.
std::vector<Error>::const_iterator reason_among(const std::vector<Error>& failures) {
  const auto of_device = std::ranges::find_if(failures, [](const Error& why) {
    return answer_to(why.code) != Answer::next_driver && why.code != Code::device_no_driver &&
           !name(why.code).starts_with("sdk.");
  });
  return of_device == failures.end() ? failures.begin() : of_device;
}

}  // namespace

Supervisor::Supervisor(const SupervisorContext& context, net::Loop& loop, model::DeviceRecord record,
                       Status& status, Rng rng)
    : context_(context),
      loop_(loop),
      record_(std::move(record)),
      status_(status),
      schedule_(context.retry, rng),
      password_(std::make_shared<SealedPassword>(context.secrets, record_)),
      bell_(loop.executor()),
      pulls_gone_(loop.executor()),
      tasks_(loop.executor(), "device") {
  know_credential();
  if (context_.events != nullptr) {
    lane_ = context_.events->open(record_.spec.id);
    if (!record_.spec.enabled) lane_->blind(Error{Code::blind_disabled});
  }
  if (record_.rejected_version != 0 && record_.rejected_version == record_.credential_version)
    context_.refusals.seed(refusal_key_, context_.clock.steady());
}

// The same credential of many devices is known by its fingerprint.
void Supervisor::know_credential() {
  auto password = password_->open();
  if (!password) password = Secret{};
  credential_ = context_.admission.hold(record_.spec.username, *password);
  refusal_key_ = context_.refusals.key_of(record_.spec, *password);
}

Supervisor::~Supervisor() { assert(pulls_.empty()); }

void Supervisor::start() {
  if (!std::exchange(begun_, true)) tasks_.spawn(supervise());
}

net::Task<> Supervisor::supervise() {
  for (;;) {
    if (status_.state() != DeviceState::waiting) {
      auto wait = wait_until_due();
      co_await std::move(wait);
      continue;
    }
    outcome_.reset();
    was_online_ = false;
    under_way_ = true;
    {
      net::TaskGroup group{loop_.executor(), "session"};
      auto body = watch(group);
      co_await net::scoped(group, std::move(body));
    }
    under_way_ = false;
    session_.reset();
    impairments_.clear();
    sick_streams_.clear();
    conclude(*outcome_);
  }
}

net::Task<> Supervisor::take_seat() {
  bool waited = false;
  auto taking = context_.capacity.acquire(loop_, [this, &waited] {
    waited = true;
    status_.amend({Code::fleet_full, std::to_string(context_.capacity.seats()) + " devices run at once", 0});
  });
  seat_ = co_await std::move(taking);
  if (waited) status_.amend(Error{Code::fleet_retry_due});
}

net::Task<AdmissionSlot> Supervisor::take_turn() {
  // What is told late finds the token gone.
  const auto token = std::make_shared<char>();
  Admission::Asking asking;
  asking.device = record_.spec.id.str();
  asking.address = record_.spec.address;
  asking.credential = &credential_;
  asking.priority = priority();
  asking.told = [this, alive = std::weak_ptr<char>(token)](Error why) {
    if (!alive.expired() && status_.state() == DeviceState::waiting) status_.amend(why);
  };
  auto turn = context_.admission.acquire(loop_, std::move(asking));
  auto slot = co_await std::move(turn);
  co_return slot;
}

net::Task<> Supervisor::watch(net::TaskGroup& session) {
  session.spawn(attempt());
  while (!outcome_) co_await bell_.wait();
}

net::Task<> Supervisor::attempt() {
  trace_id_ = random_hex(16);
  Error why;
  if (!seat_) {
    auto sitting = take_seat();
    co_await std::move(sitting);
  }
  {
    auto turn = take_turn();
    auto slot = co_await std::move(turn);
    enter(DeviceState::connecting, Error{Code::fleet_admitted}, schedule_.failures());
    auto entering = login(slot);
    why = co_await std::move(entering);
  }
  if (!why) {
    auto running = session_->run(*this);
    why = co_await std::move(running);
  }
  if (!outcome_) outcome_ = std::move(why);
  bell_.set();
}

net::Task<Error> Supervisor::login(AdmissionSlot& slot) {
  if (foretold_) {
    auto why = std::move(*foretold_);
    foretold_.reset();
    co_return why;
  }
  if (auto held = context_.refusals.held(refusal_key_, context_.clock)) co_return std::move(*held);
  struct Counted {
    Numbers& numbers;
    explicit Counted(Numbers& n) : numbers(n) { numbers.connecting(1); }
    ~Counted() { numbers.connecting(-1); }
  } counted{context_.numbers};

  const auto key = refusal_key_;  // an edit may come meanwhile
  const auto began = context_.clock.steady();
  auto opening = open_with_any_driver(began + context_.attempt_budget);
  auto why = co_await std::move(opening);
  const std::chrono::duration<double> took = context_.clock.steady() - began;
  context_.numbers.attempt(why.code, took.count());
  if (!why) {
    slot.outcome(Outcome::success);
    context_.refusals.forget(key);
  } else if (why.code == Code::device_bad_credentials) {
    slot.outcome(Outcome::refused);
    context_.refusals.note(key, context_.clock.steady());
  } else if (why.code == Code::net_timeout && schedule_.failures() == 0) {
    slot.outcome(Outcome::timeout);
  }
  co_return why;
}

// In the order of preference. What the device said of us (a password, a lock) or we of it (its address) holds
// for all of them; else the next is tried in what is left of the attempt. Where none gets through, the
// failure of the first that could have is the reason, and its place tells what each of them met.
net::Task<Error> Supervisor::open_with_any_driver(Deadline deadline) {
  const auto drivers = record_.spec.drivers;  // an edit may come meanwhile
  std::vector<Error> failures;
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    if (i > 0 && context_.clock.steady() >= deadline) break;
    const auto it = context_.drivers.find(drivers[i]);
    if (it == context_.drivers.end()) {
      failures.push_back(Error{Code::device_no_driver, drivers[i]});
      continue;
    }
    auto& driver = *it->second;
    model::DeviceTarget target{record_.spec,    password_, record_.known_serial,
                               &context_.guard, trace_id_, context_.calls};
    auto opening = driver.open(std::move(target), deadline);
    auto bounded = net::within(deadline + kGrace, std::move(opening), "login");
    auto opened = co_await std::move(bounded);
    if (opened) co_return know(driver, std::move(*opened), told_by(drivers, failures));
    failures.push_back(std::move(opened.error()));
    if (ends_all_drivers(failures.back().code)) co_return failures.back();
  }
  auto why = failures.empty() ? Error{Code::device_no_driver} : *reason_among(failures);
  if (failures.size() > 1) why.place = told_by(drivers, failures);
  co_return why;
}

// The device is logged in: who is it?
Error Supervisor::know(const model::Driver& driver, std::shared_ptr<model::Session> session,
                       const std::string& fallback) {
  auto facts = session->facts();
  const auto& names = record_.spec.drivers;
  facts.driver = static_cast<std::uint8_t>(std::ranges::find(names, driver.name()) - names.begin());
  if (!record_.known_serial.empty() && !facts.serial.empty() && facts.serial != record_.known_serial)
    return Error{Code::device_identity_mismatch,
                 "serial " + facts.serial + " instead of " + record_.known_serial};
  const auto now = context_.clock.wall();
  status_.facts(std::make_shared<const model::DeviceFacts>(facts));
  status_.heard(now);
  const bool learned =
      (!facts.serial.empty() && record_.known_serial != facts.serial) || record_.rejected_version != 0;
  if (!facts.serial.empty()) record_.known_serial = facts.serial;
  record_.rejected_version = 0;
  if (learned) persist();

  session_ = std::move(session);
  foretold_.reset();  // the login proves the contrary
  was_online_ = true;
  online_since_ = context_.clock.steady();
  const auto usual = driver.has_alarms() ? Code::fleet_connected : Code::fleet_no_alarm_channel;
  const bool shown = !fallback.empty() && driver.has_alarms();
  const Error reason{shown ? Code::driver_fallback : usual, fallback};
  enter(DeviceState::online, reason);
  if (lane_ && !driver.has_alarms()) lane_->blind(Error{Code::blind_unsupported});
  log::info("device.online", {{"device", record_.spec.id.str()},
                              {"driver", driver.name()},
                              {"instead_of", fallback},
                              {"model", session_->facts().model},
                              {"trace_id", trace_id_}});
  if (context_.on_login) context_.on_login(record_.spec, session_->facts());
  return Error{};
}

void Supervisor::conclude(const Error& given) {
  if (!record_.spec.enabled) return enter_disabled();
  // A session that ended without saying why was closed.
  const Error why = given ? given : Error{Code::net_closed, "the session ended"};
  disarmed(why);
  const auto lasted =
      was_online_ ? duration_cast<Duration>(context_.clock.steady() - online_since_) : Duration{0};
  const auto verdict = schedule_.next(why, lasted);
  const auto now = context_.clock.wall();
  std::optional<WallTime> next;
  if (verdict.state == DeviceState::backoff || verdict.state == DeviceState::locked) {
    due_ = context_.clock.steady() + verdict.delay;
    next = now + verdict.delay;
  }
  if (why.code == Code::device_bad_credentials && record_.rejected_version != record_.credential_version) {
    record_.rejected_version = record_.credential_version;
    persist();
  }
  // What plays comes from another device than its viewers asked for.
  if (why.code == Code::device_identity_mismatch) end_pulls(why);
  // Whoever is not tried for long, or not before somebody acts, holds up nobody who could run.
  if (verdict.state == DeviceState::rejected || verdict.state == DeviceState::locked) seat_ = Seat{};
  asked_.reset();
  tell(why, verdict);
  if (verdict.state != DeviceState::waiting) {
    enter(verdict.state, why, schedule_.failures(), next);
  } else if (status_.state() == DeviceState::waiting) {
    status_.amend(why);
  } else if (status_.state() == DeviceState::connecting) {
    // No attempt goes back to the queue by itself: this one is over, and the next is due at once.
    asked_ = why.code;
    enter(DeviceState::backoff, why, 0, now);
  } else {
    enter(DeviceState::waiting, why);
  }
}

void Supervisor::tell(const Error& why, const Verdict& verdict) const {
  // Of a device that stays away the first failure is told, and then each power of two.
  const auto failures = schedule_.failures();
  const bool again = failures > 1 && (failures & (failures - 1)) != 0;
  auto level = verdict.state == DeviceState::waiting ? log::Level::info
               : again                               ? log::Level::debug
                                                     : log::Level::warn;
  if (level == log::Level::warn) {
    const auto told = context_.wave.note(why.code, context_.clock.steady());
    if (!told.alone) level = log::Level::debug;
    if (told.untold)
      log::warn("fleet.wave", {{"reason", name(why.code)},
                               {"devices", *told.untold},
                               {"what", "that many more failed for this reason since the last line"}});
  }
  log::write(level, "device.offline",
             {{"device", record_.spec.id.str()},
              {"state", model::to_text(verdict.state)},
              {"reason", name(why.code)},
              {"detail", why.place},
              {"attempts", failures},
              {"retry_ms", verdict.delay.count()},
              {"trace_id", trace_id_}});
}

// backoff and locked: until it is due; rejected: until an operator asks; disabled: until it is switched on. A
// locked device waits whoever asks, since each attempt would restart the lock.
net::Task<> Supervisor::wait_until_due() {
  const auto& spec = record_.spec;
  const auto state = status_.state();
  auto reason = Code::fleet_retry_due;
  if (state == DeviceState::disabled) {
    while (!spec.enabled) co_await bell_.wait();
    foretell_lock();
    reason = Code::fleet_enabled;
  } else if (state == DeviceState::locked) {
    // The bell may ring: only time counts.
    while (spec.enabled && context_.clock.steady() < due_) co_await bell_.wait(due_);
  } else {
    const auto until = state == DeviceState::rejected ? kNever : due_;
    while (spec.enabled && !asked_ && context_.clock.steady() < until) co_await bell_.wait(until);
  }
  if (!spec.enabled) co_return enter_disabled();
  if (asked_) reason = *asked_;
  asked_.reset();
  enter(DeviceState::waiting, Error{reason}, schedule_.failures());
}

void Supervisor::reconnect(bool accept_identity) {
  if (accept_identity) record_.known_serial.clear();
  switch (status_.state()) {
    case DeviceState::online:
    case DeviceState::degraded:
      end_pulls(Error{Code::media_ended, "an operator asked for a new connection"});
      interrupt(Error{Code::fleet_operator});
      break;
    case DeviceState::rejected:
      if (guarded()) break;
      [[fallthrough]];
    case DeviceState::backoff:
      foretold_.reset();
      asked_ = Code::fleet_operator;
      bell_.set();
      break;
    default:  // on its way already, locked, or disabled
      break;
  }
}

void Supervisor::interrupt(Error why) {
  if (!under_way_ || outcome_) return;
  outcome_ = std::move(why);
  bell_.set();
}

// A stream was refused by its password or a lock: the session must not go on trying with it.
void Supervisor::heard_of_refusal(const Error& why, unsigned reach) {
  if (reach != reach_) return;
  if (why.code != Code::device_bad_credentials && why.code != Code::device_locked) return;
  if (why.code == Code::device_bad_credentials) context_.refusals.note(refusal_key_, context_.clock.steady());
  if (session_) {
    interrupt(why);
  } else {
    foretold_ = why;
  }
}

// What is wanted goes first, but not for ever: a thousand wanted devices that are off would keep all others
// waiting.
Priority Supervisor::priority() const {
  const bool wanted = record_.spec.always_on || context_.clock.steady() < wanted_until_;
  const auto failures = schedule_.failures();
  if (wanted) return failures < 3 ? Priority::watched : Priority::normal;
  return failures < 3 ? Priority::normal : Priority::failing;
}

// Whether an operator's wish must wait: cameras lock after five wrong passwords.
bool Supervisor::guarded() {
  if (status_.last().reason != Code::device_bad_credentials) return false;
  const auto held = context_.refusals.held(refusal_key_, context_.clock);
  if (held) status_.amend(*held);
  return held.has_value();
}

void Supervisor::persist() { tasks_.spawn(persist_now()); }

net::Task<> Supervisor::persist_now() {
  std::vector<model::StoreChange> lesson;
  lesson.push_back(model::StoreChange::learn(record_));
  auto writing = context_.store.apply(std::move(lesson));
  const auto done = co_await std::move(writing);
  if (!done)
    log::error("fleet.not_stored", {{"device", record_.spec.id.str()}, {"what", done.error().text()}});
}

void Supervisor::heard() {
  const auto now = context_.clock.wall();
  status_.heard(now);
  if (lane_) lane_->heard(now);
}

void Supervisor::impaired(Error reason) {
  if (!session_) return;
  const auto known = std::ranges::find(impairments_, reason.code, &Error::code);
  if (known != impairments_.end()) {
    *known = reason;
  } else if (impairments_.size() < kMostImpairments) {
    impairments_.push_back(reason);
  }
  const auto now = context_.clock.wall();
  std::optional<WallTime> again;
  if (reason.retry_after_s > 0) again = now + std::chrono::seconds{reason.retry_after_s};
  if (status_.state() == DeviceState::online) {
    enter(DeviceState::degraded, reason, 0, again);
    log::warn("device.degraded", {{"device", record_.spec.id.str()},
                                  {"reason", name(reason.code)},
                                  {"detail", reason.place},
                                  {"trace_id", trace_id_}});
  } else if (status_.state() == DeviceState::degraded && impairments_.front().code == reason.code) {
    status_.amend(reason, again);
  }
}

void Supervisor::restored(Code reason) {
  std::erase_if(impairments_, [&](const Error& one) { return one.code == reason; });
  if (!session_ || status_.state() != DeviceState::degraded) return;
  if (!impairments_.empty()) {
    status_.amend(impairments_.front());
    return;
  }
  enter(DeviceState::online, Error{Code::fleet_connected, std::string{name(reason)} + " is over"});
  log::info("device.restored",
            {{"device", record_.spec.id.str()}, {"reason", name(reason)}, {"trace_id", trace_id_}});
}

void Supervisor::event(model::Event event) {
  status_.event();
  context_.numbers.event(event.type);
  event.device = record_.spec.id;
  // What its clock is off by is known from the login on; a second or two may be the way to it.
  const auto offset = session_ ? session_->facts().clock_offset_ms : std::nullopt;
  if (event.happened && offset && std::abs(*offset) > kClockNoise.count())
    *event.happened -= std::chrono::milliseconds{*offset};
  if (!lane_) {
    if (context_.on_event) context_.on_event(std::move(event));
    return;
  }
  if (context_.on_event) context_.on_event(event);
  lane_->report(std::move(event));
}

// --- what the ledger hears

void Supervisor::armed() {
  if (lane_) lane_->armed();
}

void Supervisor::disarmed(Error why) {
  if (!lane_) return;
  const auto code = name(why.code).starts_with("blind.")         ? why.code
                    : why.code == Code::device_unexpected_answer ? Code::blind_unreadable
                    : name(why.code).starts_with("net.") || why.code == Code::device_heartbeat_late ||
                            why.code == Code::device_offline
                        ? Code::blind_link_down
                        : Code::blind_not_armed;
  lane_->blind(Error{code, why.text()});
}

net::Task<bool> Supervisor::room(Deadline deadline) {
  if (!lane_) co_return true;
  auto asking = lane_->room(deadline);
  co_return co_await std::move(asking);
}

void Supervisor::enter(DeviceState to, const Error& why, unsigned attempts, std::optional<WallTime> next) {
  status_.enter(to, why, context_.clock.wall(), attempts, next);
  note_move(to, why);
}

// On its way from one to the next it is in no state that anybody must know of, and one that fails again for
// the same reason is where it was.
void Supervisor::note_move(DeviceState to, const Error& why) {
  if (!lane_ || to == DeviceState::waiting || to == DeviceState::connecting) return;
  if (std::exchange(noted_, {to, why.code}) == std::pair{to, why.code}) return;
  lane_->moved(to, why);
}

}  // namespace camfleet::fleet
