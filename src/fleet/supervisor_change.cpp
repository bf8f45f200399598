// What an operator's change means for the session that is under way.
#include <algorithm>

#include "fleet/sealed_password.h"
#include "fleet/supervisor.h"

namespace camfleet::fleet {

void Supervisor::adopt(model::DeviceRecord next, const Adoption& what) {
  const bool was_enabled = record_.spec.enabled;
  const bool was_always_on = record_.spec.always_on;
  next.known_serial = what.forget_identity ? std::string{} : std::move(record_.known_serial);
  next.rejected_version = what.forget_refusal ? 0 : record_.rejected_version;
  record_ = std::move(next);
  if (what.forget_identity || what.forget_refusal) {
    // A lesson that was on its way to the disk when the change was written has come back by it.
    persist();
  }
  if (what.reach) {
    password_ = std::make_shared<SealedPassword>(context_.secrets, record_);
    ++reach_;
    schedule_.reset();
    know_credential();
    // A lock is not over because the password is another one.
    if (foretold_ && foretold_->code != Code::device_locked) foretold_.reset();
  }
  if (was_enabled != record_.spec.enabled) {
    record_.spec.enabled ? switch_on(what.may_start) : switch_off();
  } else if (what.reach) {
    connect_anew();
  } else if (was_always_on != record_.spec.always_on && session_ && context_.on_login) {
    context_.on_login(record_.spec, session_->facts());
  }
}

// Whatever was under way was with what it was before, also where it has just ended by itself.
void Supervisor::connect_anew() {
  end_pulls(Error{Code::media_ended, "the device was changed by an operator"});
  if (under_way_) {
    outcome_ = Error{Code::fleet_changed};
  } else {
    asked_ = Code::fleet_changed;  // out of backoff and rejected; a lock is waited for
  }
  bell_.set();
}

void Supervisor::switch_on(bool may_start) {
  if (may_start) start();
  bell_.set();
}

void Supervisor::switch_off() {
  const Error why{Code::device_disabled, record_.spec.id.str()};
  end_pulls(why);
  if (under_way_) {
    outcome_ = Error{Code::fleet_operator};
    bell_.set();
  } else if (begun_) {
    bell_.set();
  } else if (status_.state() != DeviceState::disabled) {
    enter_disabled();
  }
}

// A lock of the device outlasts being switched off: an attempt would restart it.
void Supervisor::enter_disabled() {
  const auto now = context_.clock.steady();
  if (status_.state() == DeviceState::locked && due_ > now) {
    locked_until_ = due_;
    lock_detail_ = status_.last().detail;
  }
  asked_.reset();
  seat_ = Seat{};
  enter(DeviceState::disabled, Error{Code::fleet_operator});
  if (lane_) lane_->blind(Error{Code::blind_disabled});
}

// What a lock that still holds makes of the next attempt.
void Supervisor::foretell_lock() {
  const auto left = std::chrono::ceil<std::chrono::seconds>(locked_until_ - context_.clock.steady());
  if (left.count() > 0)
    foretold_ = Error{Code::device_locked, std::exchange(lock_detail_, {}), static_cast<int>(left.count())};
  locked_until_ = {};
}

}  // namespace camfleet::fleet
