#include "fleet/verdict.h"

#include <gtest/gtest.h>

#include <map>

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using Duration = RetryPolicy::Duration;

constexpr Code kCatalogue[] = {
#define CAMFLEET_ERROR(symbol, name, status, en, zh) Code::symbol,
#include "base/error_catalogue.inc"
#undef CAMFLEET_ERROR
};

Error because(Code code, int retry_after_s = 0) { return Error{code, {}, retry_after_s}; }

TEST(Verdict, every_code_of_the_catalogue_has_its_answer) {
  const std::map<Code, Answer> special{
      {Code::device_bad_credentials, Answer::rejected},
      {Code::device_identity_mismatch, Answer::rejected},
      {Code::device_locked, Answer::locked},
      {Code::device_not_supported, Answer::next_driver},
      {Code::fleet_operator, Answer::operator_},
      {Code::fleet_changed, Answer::operator_},
      {Code::fleet_enabled, Answer::operator_},
      {Code::device_busy, Answer::busy},
      {Code::device_sessions_full, Answer::busy},
      {Code::device_not_activated, Answer::busy},
      {Code::device_forbidden, Answer::busy},
      {Code::device_nonce_loop, Answer::busy},
      {Code::device_no_driver, Answer::busy},
      {Code::digest_unsupported, Answer::busy},
      {Code::digest_basic_refused, Answer::busy},
      {Code::net_forbidden_address, Answer::busy},
      {Code::tls_certificate_refused, Answer::busy},
      {Code::auth_secret_unreadable, Answer::busy},
      {Code::sdk_unconfigured, Answer::busy},
      {Code::sdk_unreadable, Answer::busy},
      {Code::sdk_incompatible, Answer::busy},
      {Code::sdk_init_failed, Answer::busy},
      {Code::sdk_hosts_full, Answer::busy},
  };
  for (const auto code : kCatalogue) {
    const auto it = special.find(code);
    EXPECT_EQ(answer_to(code), it == special.end() ? Answer::retry : it->second) << name(code);
    Schedule schedule{{}, Rng{1}};
    const auto verdict = schedule.next(because(code), 0s);
    using enum model::DeviceState;
    switch (answer_to(code)) {
      case Answer::retry:
      case Answer::busy:
      case Answer::next_driver:
        EXPECT_EQ(verdict.state, backoff) << name(code);
        EXPECT_GT(verdict.delay, 0ms) << name(code);
        break;
      case Answer::rejected:
        EXPECT_EQ(verdict.state, rejected) << name(code);
        break;
      case Answer::locked:
        EXPECT_EQ(verdict.state, locked) << name(code);
        break;
      case Answer::operator_:
        EXPECT_EQ(verdict.state, waiting) << name(code);
        break;
    }
  }
  EXPECT_EQ(answer_to(Code::ok), Answer::retry);  // a session that just ended
}

TEST(Schedule, the_backoff_grows_to_its_cap_with_jitter) {
  const RetryPolicy policy;
  Duration most{0};
  Duration least = Duration::max();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Schedule schedule{policy, Rng{seed}};
    for (unsigned n = 0; n < 12; ++n) {
      const auto delay = schedule.next(because(Code::net_timeout), 0s).delay;
      EXPECT_LE(delay, std::min<Duration>(policy.cap, policy.base * (1U << n)));
      EXPECT_GE(delay, policy.base / 2);
      if (n == 11) {
        most = std::max(most, delay);
        least = std::min(least, delay);
      }
    }
  }
  EXPECT_GT(most, 45s);
  EXPECT_LT(least, 15s);
}

// The last device of a site is back soon after its power is.
TEST(Schedule, nobody_waits_longer_than_it_has_been_away) {
  const RetryPolicy policy;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Schedule schedule{policy, Rng{seed}};
    Duration away{0};
    unsigned attempts = 0;
    for (; away < 1h; ++attempts) {
      const auto delay = schedule.next(because(Code::net_refused), 0s).delay;
      EXPECT_LE(delay, away + policy.base) << seed;
      away += delay;
    }
    EXPECT_LT(attempts, 250U) << "an hour's worth, seed " << seed;
  }
}

TEST(Schedule, a_busy_device_is_asked_every_five_minutes_at_most) {
  Duration most{0};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Schedule schedule{{}, Rng{seed}};
    for (int n = 0; n < 20; ++n) most = std::max(most, schedule.next(because(Code::device_busy), 0s).delay);
  }
  EXPECT_GT(most, 200s);
  EXPECT_LE(most, 300s);
}

TEST(Schedule, retry_after_is_a_lower_bound_within_reason) {
  Schedule schedule{{}, Rng{3}};
  EXPECT_GE(schedule.next(because(Code::device_busy, 120), 0s).delay, 120s);
  EXPECT_LE(schedule.next(because(Code::device_busy, 2'000'000'000), 0s).delay, 340s);
  EXPECT_LE(schedule.next(because(Code::device_busy, -5), 0s).delay, 4s);
}

TEST(Schedule, a_lock_is_waited_out_with_a_margin) {
  const RetryPolicy policy;
  Schedule schedule{policy, Rng{3}};
  EXPECT_EQ(schedule.next(because(Code::device_locked, 460), 0s).delay, 460s + policy.lock_margin);
  EXPECT_EQ(schedule.next(because(Code::device_locked), 0s).delay, policy.lock_default + policy.lock_margin);
  EXPECT_EQ(schedule.next(because(Code::device_locked, 2'147'483'647), 0s).delay,
            policy.lock_max + policy.lock_margin);
}

TEST(Schedule, a_session_that_was_stable_starts_the_backoff_over) {
  Schedule schedule{{}, Rng{3}};
  for (int n = 0; n < 10; ++n) schedule.next(because(Code::net_reset), 1s);
  EXPECT_EQ(schedule.failures(), 10U);
  EXPECT_LE(schedule.next(because(Code::net_reset), 60s).delay, 1s);
  EXPECT_EQ(schedule.failures(), 1U);
}

TEST(Schedule, a_device_that_ends_every_session_at_once_is_never_hammered) {
  Schedule schedule{{}, Rng{9}};
  Duration total{0};
  for (int n = 0; n < 100; ++n) {
    const auto delay = schedule.next(because(Code::ok), 0s).delay;
    EXPECT_GE(delay, 500ms);
    total += delay;
  }
  EXPECT_GT(total, 10min);
}

}  // namespace
}  // namespace camfleet::fleet
