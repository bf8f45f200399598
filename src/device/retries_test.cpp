#include "device/retries.h"

#include <gtest/gtest.h>

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
constexpr SteadyTime kNow{1h};

TEST(Retries, are_three_after_one_two_and_four_seconds_with_jitter) {
  bool differ = false;
  std::optional<std::chrono::milliseconds> before;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Retries retries{Rng{seed}};
    const Error why{Code::net_timeout};
    for (const auto step : {1'000ms, 2'000ms, 4'000ms}) {
      const auto wait = retries.after(why, kNow, kNever);
      ASSERT_TRUE(wait);
      EXPECT_GE(*wait, step * 3 / 4);
      EXPECT_LE(*wait, step * 5 / 4);
      differ = differ || (before && *before != *wait);
      before = wait;
    }
    EXPECT_FALSE(retries.after(why, kNow, kNever));
  }
  EXPECT_TRUE(differ);
}

TEST(Retries, never_follow_a_refusal) {
  for (const auto code :
       {Code::device_bad_credentials, Code::device_locked, Code::device_forbidden, Code::device_not_supported,
        Code::device_unexpected_answer, Code::device_sessions_full, Code::device_error,
        Code::net_forbidden_address, Code::digest_unsupported, Code::device_not_activated})
    EXPECT_FALSE(Retries{Rng{1}}.after(Error{code}, kNow, kNever)) << name(code);
}

TEST(Retries, keep_to_the_budget_and_to_what_the_device_asks_for) {
  EXPECT_FALSE(Retries{Rng{1}}.after(Error{Code::net_reset}, kNow, kNow + 500ms));
  EXPECT_FALSE(Retries{Rng{1}}.after(Error{Code::device_busy, {}, 30}, kNow, kNow + 10s));
  EXPECT_GE(Retries{Rng{1}}.after(Error{Code::device_busy, {}, 30}, kNow, kNow + 60s), 30s);
}

}  // namespace
}  // namespace camfleet::device
