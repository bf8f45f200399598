#include "fleet/wave.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
constexpr SteadyTime kStart{1h};

TEST(Wave, three_thousand_refused_passwords_are_one_line_a_minute) {
  Wave wave;
  std::size_t lines = 0;
  std::size_t counted = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto told = wave.note(Code::device_bad_credentials, kStart + i * 250ms);
    lines += (told.alone ? 1 : 0) + (told.untold ? 1 : 0);
    counted += (told.alone ? 1 : 0) + told.untold.value_or(0);
  }
  EXPECT_LE(lines, 14U);  // 750 s
  EXPECT_GE(counted, 3'000U - 240U);
}

TEST(Wave, a_few_failures_are_told_each) {
  Wave wave;
  for (std::size_t i = 0; i < Wave::kEach; ++i) EXPECT_TRUE(wave.note(Code::net_timeout, kStart).alone);
  EXPECT_FALSE(wave.note(Code::net_timeout, kStart).alone);
  EXPECT_TRUE(wave.note(Code::net_reset, kStart).alone);
  const auto told = wave.note(Code::net_timeout, kStart + 61s);
  EXPECT_EQ(told.untold, 2U);
  EXPECT_TRUE(wave.note(Code::net_timeout, kStart + 122s).alone);
}

}  // namespace
}  // namespace camfleet::fleet
