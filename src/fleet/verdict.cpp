#include "fleet/verdict.h"

#include <algorithm>

namespace camfleet::fleet {

using std::chrono::seconds;

Answer answer_to(Code code) {
  switch (code) {
    case Code::device_bad_credentials:
    case Code::device_identity_mismatch:
      return Answer::rejected;
    case Code::device_locked:
      return Answer::locked;
    case Code::device_not_supported:
      return Answer::next_driver;
    case Code::fleet_operator:
    case Code::fleet_changed:
    case Code::fleet_enabled:
      return Answer::operator_;
    // An attempt is a load on the device, or nothing will change before somebody acts: ask seldom.
    case Code::device_busy:
    case Code::device_sessions_full:
    case Code::device_not_activated:
    case Code::device_nonce_loop:
    case Code::device_forbidden:
    case Code::device_no_driver:
    case Code::digest_unsupported:
    case Code::digest_basic_refused:
    case Code::net_forbidden_address:
    case Code::tls_certificate_refused:
    case Code::sdk_unconfigured:
    case Code::sdk_unreadable:
    case Code::sdk_incompatible:
    case Code::sdk_init_failed:
    case Code::sdk_hosts_full:
    case Code::auth_secret_unreadable:
      return Answer::busy;
    default:
      return Answer::retry;
  }
}

// Half a second at least: full jitter may say zero, and a device that ends every session at once must not be
// hammered.
Schedule::Schedule(const RetryPolicy& policy, Rng rng)
    : policy_(policy), backoff_(policy.base, policy.cap, rng, policy.base / 2) {}

// Nobody waits longer than it has been away already: one that drew short waits during an outage of five
// seconds would else draw from half a minute at its end, and a site is back when its last device is. Still
// exponential, for what was waited grows by half of itself with each draw.
RetryPolicy::Duration Schedule::patient(RetryPolicy::Duration drawn) const {
  const auto most = waited_ + policy_.base;
  const auto least = policy_.base / 2;
  if (drawn <= most) return drawn;
  return least + drawn % std::max(most - least, RetryPolicy::Duration{1});
}

Verdict Schedule::next(const Error& why, RetryPolicy::Duration online) {
  if (online >= policy_.stable_after) forget();
  const RetryPolicy::Duration asked = seconds{std::max(why.retry_after_s, 0)};
  switch (answer_to(why.code)) {
    case Answer::operator_:
      return {model::DeviceState::waiting, RetryPolicy::Duration{0}};
    case Answer::rejected:
      return {model::DeviceState::rejected, RetryPolicy::Duration{0}};
    case Answer::locked: {
      const auto lock = asked.count() > 0 ? std::min(asked, policy_.lock_max) : policy_.lock_default;
      return {model::DeviceState::locked, lock + policy_.lock_margin};
    }
    case Answer::next_driver:
    case Answer::busy:
      backoff_.set_cap(policy_.busy_cap);
      break;
    case Answer::retry:
      backoff_.set_cap(policy_.cap);
      break;
  }
  // What the device asked for is a lower bound, jittered upward so that a fleet does not come back in one
  // second; an absurd one counts as the longest that we would wait anyway.
  auto jittered = backoff_.next();
  if (answer_to(why.code) == Answer::retry) jittered = patient(jittered);
  waited_ += jittered;
  return {model::DeviceState::backoff,
          std::max(jittered, std::min(asked, policy_.busy_cap) +
                                 (asked.count() > 0 ? jittered / 8 : RetryPolicy::Duration{0}))};
}

}  // namespace camfleet::fleet
