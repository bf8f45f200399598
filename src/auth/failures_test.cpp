#include "auth/failures.h"

#include <gtest/gtest.h>

namespace camfleet::auth {
namespace {

class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime{std::chrono::hours{1}} + passed; }
  WallTime wall() const override { return {}; }
  std::chrono::milliseconds passed{0};
};
net::Address at(const char* text) { return net::asio::ip::make_address(text); }

TEST(FailureLimiter, who_guesses_is_slowed_and_nobody_else) {
  ManualClock clock;
  FailureLimiter limiter{{.burst = 5, .per_second = 1}, clock};
  const auto guesser = at("10.0.0.9");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(limiter.allows(guesser));
    limiter.failed(guesser);
  }
  EXPECT_FALSE(limiter.allows(guesser));
  EXPECT_EQ(limiter.retry_after_s(guesser), 1);
  EXPECT_FALSE(limiter.allows(at("::ffff:10.0.0.9")));
  EXPECT_TRUE(limiter.allows(at("10.0.0.8")));
  clock.passed += std::chrono::milliseconds{1'100};
  EXPECT_TRUE(limiter.allows(guesser));
  limiter.failed(guesser);
  EXPECT_FALSE(limiter.allows(guesser));
}

TEST(FailureLimiter, an_ipv6_network_of_64_bits_is_one_guesser) {
  ManualClock clock;
  FailureLimiter limiter{{.burst = 2, .per_second = 1}, clock};
  limiter.failed(at("fd00:1:2:3::1"));
  limiter.failed(at("fd00:1:2:3::2"));
  EXPECT_FALSE(limiter.allows(at("fd00:1:2:3::3")));
  EXPECT_TRUE(limiter.allows(at("fd00:1:2:4::3")));
}

TEST(FailureLimiter, a_thousand_addresses_share_a_bucket_too_and_memory_is_bounded) {
  ManualClock clock;
  FailureLimiter limiter{
      {.burst = 5, .per_second = 1, .total_burst = 100, .total_per_second = 1, .max_addresses = 50}, clock};
  for (std::uint32_t i = 0; i < 1'000; ++i) limiter.failed(net::asio::ip::address_v4{0x0A000000 + i});
  EXPECT_EQ(limiter.size(), 50U);
  EXPECT_FALSE(limiter.allows(net::asio::ip::address_v4{0x0A000000 + 999}));  // one failure of its own
  EXPECT_TRUE(limiter.allows(at("192.168.1.1")));                             // none
}

}  // namespace
}  // namespace camfleet::auth
