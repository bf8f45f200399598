#include "proto/g711/g711.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace camfleet::g711 {
namespace {

TEST(G711, extremes_and_silence_are_those_of_the_standard) {
  EXPECT_EQ(decode(Law::mu, 0xFF), 0);
  EXPECT_EQ(decode(Law::mu, 0x7F), 0);
  EXPECT_EQ(decode(Law::mu, 0x80), 32124);
  EXPECT_EQ(decode(Law::mu, 0x00), -32124);
  EXPECT_EQ(decode(Law::a, 0xD5), 8);
  EXPECT_EQ(decode(Law::a, 0x55), -8);
  EXPECT_EQ(decode(Law::a, 0xAA), 32256);
  EXPECT_EQ(decode(Law::a, 0x2A), -32256);
}

TEST(G711, each_code_is_its_own_nearest_and_steps_grow_with_the_level) {
  for (const auto law : {Law::a, Law::mu}) {
    for (int code = 0; code < 256; ++code) {
      const auto sample = decode(law, static_cast<std::uint8_t>(code));
      EXPECT_EQ(decode(law, encode(law, sample)), sample);
    }
    for (int sample = -32000; sample < 32000; sample += 77) {
      const auto back = decode(law, encode(law, static_cast<std::int16_t>(sample)));
      EXPECT_LE(std::abs(back - sample), 16 + std::abs(sample) / 16) << sample;
    }
  }
}

}  // namespace
}  // namespace camfleet::g711
