#include "fleet/alarm_tape.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using model::Phase;

model::Event event(Phase phase, std::string type = "vmd", std::uint16_t channel = 1) {
  model::Event out;
  out.type = std::move(type);
  out.channel = channel;
  out.phase = phase;
  return out;
}

TEST(AlarmTape, a_beginning_and_an_end_are_told_and_repetitions_every_ten_seconds) {
  AlarmTape tape;
  SteadyTime now = SteadyTime{} + 1h;
  int told = 0;
  for (int second = 0; second < 35; ++second, now += 1s) {
    const auto one = tape.take(event(Phase::active), now);
    if (!one) continue;
    ++told;
    EXPECT_EQ(one->event->count, static_cast<std::uint32_t>(second + 1));
  }
  EXPECT_EQ(told, 4) << "at 0, 10, 20 and 30 s";
  const auto end = tape.take(event(Phase::inactive), now);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->event->phase, Phase::inactive);
  EXPECT_EQ(end->event->count, 35U);
  EXPECT_FALSE(tape.take(event(Phase::inactive), now)) << "it is over already";
  const auto again = tape.take(event(Phase::active), now + 1s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->event->count, 1U);
  EXPECT_EQ(tape.left_out(), 0U);
}

TEST(AlarmTape, an_alarm_that_comes_again_after_a_long_silence_is_another_one) {
  AlarmTape tape;
  SteadyTime now = SteadyTime{} + 1h;
  EXPECT_TRUE(tape.take(event(Phase::active), now));
  EXPECT_FALSE(tape.take(event(Phase::active), now + 1s));
  const auto later = tape.take(event(Phase::active), now + 60s);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->event->count, 1U);
}

TEST(AlarmTape, an_end_without_a_beginning_is_told_once) {
  AlarmTape tape;
  SteadyTime now = SteadyTime{} + 1h;
  EXPECT_TRUE(tape.take(event(Phase::inactive), now));
  EXPECT_FALSE(tape.take(event(Phase::inactive), now + 1s));
}

TEST(AlarmTape, channels_and_types_are_told_apart) {
  AlarmTape tape;
  SteadyTime now = SteadyTime{} + 1h;
  EXPECT_TRUE(tape.take(event(Phase::active, "vmd", 1), now));
  EXPECT_TRUE(tape.take(event(Phase::active, "vmd", 2), now));
  EXPECT_TRUE(tape.take(event(Phase::active, "io", 1), now));
}

TEST(AlarmTape, a_burst_is_bounded_and_says_how_much_was_left_out) {
  AlarmTape tape;
  SteadyTime now = SteadyTime{} + 1h;
  std::uint64_t told = 0;
  std::uint64_t said_left_out = 0;
  for (int i = 0; i < 60'000; ++i, now += 1ms) {
    const auto one = tape.take(event(Phase::pulse, "linedetection"), now);
    if (!one) continue;
    ++told;
    said_left_out += one->left_out;
  }
  EXPECT_LE(told, 81U) << "20 at once and one a second";
  EXPECT_GE(told, 79U);
  EXPECT_EQ(told + tape.left_out(), 60'000U) << "none is lost without being counted";
  const auto last = tape.take(event(Phase::pulse), now + 5s);
  ASSERT_TRUE(last);
  EXPECT_EQ(said_left_out + last->left_out, tape.left_out());
}

TEST(AlarmTape, the_end_of_what_was_told_is_told_in_the_worst_burst) {
  AlarmTape tape;
  SteadyTime now = SteadyTime{} + 1h;
  ASSERT_TRUE(tape.take(event(Phase::active), now));
  for (int i = 0; i < 1'000; ++i) (void)tape.take(event(Phase::pulse, "io"), now);
  EXPECT_TRUE(tape.take(event(Phase::inactive), now));
  // And of what nobody was told, the end is not news either.
  EXPECT_FALSE(tape.take(event(Phase::active, "badvideo"), now));
  EXPECT_FALSE(tape.take(event(Phase::inactive, "badvideo"), now));
}

TEST(AlarmTape, invented_types_do_not_grow_it_and_long_texts_are_cut) {
  AlarmTape tape{{.per_second = 1'000'000, .reserve = 1'000'000, .open = 8}};
  SteadyTime now = SteadyTime{} + 1h;
  int told = 0;
  for (int i = 0; i < 100; ++i) told += tape.take(event(Phase::active, "t" + std::to_string(i)), now) ? 1 : 0;
  EXPECT_EQ(told, 8);
  EXPECT_TRUE(tape.take(event(Phase::active, "new"), now + 60s)) << "what is silent makes room";
  auto long_one = event(Phase::pulse, std::string(5'000, 't'));
  long_one.description.assign(100'000, 'd');
  const auto out = tape.take(std::move(long_one), now + 60s);
  ASSERT_TRUE(out);
  EXPECT_LE(out->event->type.size() + out->event->description.size(), 320U);
}

}  // namespace
}  // namespace camfleet::fleet
