#include <gtest/gtest.h>

#include "proto/rtp/sequence.h"
#include "proto/rtp/timeline.h"

namespace camfleet::rtp {
namespace {

Arrival take(Reception& reception, std::uint16_t sequence, std::uint32_t ssrc = 1) {
  return reception.received(ssrc, sequence, 0, 0);
}

TEST(Reception, counts_through_the_wrap) {
  Reception reception;
  for (std::uint32_t i = 0; i < 200'000; ++i)
    ASSERT_EQ(take(reception, static_cast<std::uint16_t>(65'000 + i)), Arrival::in_order);
  EXPECT_EQ(reception.extended_sequence(), 65'000U + 199'999U);
  EXPECT_EQ(reception.lost(), 0);
}

TEST(Reception, says_how_many_are_missing) {
  Reception reception;
  take(reception, 65'534);
  EXPECT_EQ(take(reception, 2), Arrival::gap);
  EXPECT_EQ(reception.missing(), 3U);
  EXPECT_EQ(reception.lost(), 3);
  EXPECT_EQ(take(reception, 0), Arrival::late);
  EXPECT_EQ(reception.missing(), 0U);
  EXPECT_EQ(reception.lost(), 2);
  EXPECT_EQ(take(reception, 2), Arrival::late);
}

TEST(Reception, a_wild_jump_counts_only_when_the_next_packet_confirms_it) {
  Reception reception;
  take(reception, 10);
  EXPECT_EQ(take(reception, 30'010), Arrival::suspicious);
  EXPECT_EQ(take(reception, 11), Arrival::in_order);
  EXPECT_EQ(take(reception, 40'000), Arrival::suspicious);
  EXPECT_EQ(take(reception, 40'001), Arrival::restarted);
  EXPECT_EQ(take(reception, 40'002), Arrival::in_order);
  EXPECT_EQ(reception.restarts(), 1U);
  EXPECT_EQ(reception.lost(), 0);
}

TEST(Reception, another_source_is_a_restart_at_once) {
  Reception reception;
  take(reception, 10);
  EXPECT_EQ(take(reception, 500, 2), Arrival::restarted);
  EXPECT_EQ(take(reception, 501, 2), Arrival::in_order);
  EXPECT_EQ(reception.ssrc(), 2U);
}

TEST(Reception, reports_loss_of_the_interval_and_of_all_time) {
  Reception reception;
  for (std::uint16_t i = 0; i < 100; ++i)
    if (i % 4 != 1) take(reception, i);
  auto report = reception.report(7, 8);
  EXPECT_EQ(report.cumulative_lost, 25);
  EXPECT_EQ(report.fraction_lost, 64);
  EXPECT_EQ(report.highest_sequence, 99U);
  EXPECT_EQ(report.last_sr, 7U);
  EXPECT_EQ(report.delay_since_last_sr, 8U);
  for (std::uint16_t i = 100; i < 200; ++i) take(reception, i);
  report = reception.report(0, 0);
  EXPECT_EQ(report.cumulative_lost, 25);
  EXPECT_EQ(report.fraction_lost, 0);
}

TEST(Reception, duplicates_are_negative_loss) {
  Reception reception;
  for (std::uint16_t i = 0; i < 10; ++i) {
    take(reception, i);
    take(reception, i);
  }
  EXPECT_EQ(reception.lost(), -10);
  EXPECT_EQ(reception.report(0, 0).fraction_lost, 0);
}

TEST(Reception, jitter_follows_how_much_the_way_varies) {
  Reception steady;
  Reception shaky;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    steady.received(1, static_cast<std::uint16_t>(i), i * 3600, i * 3600 + 17);
    shaky.received(1, static_cast<std::uint16_t>(i), i * 3600, i * 3600 + (i % 2) * 900);
  }
  EXPECT_EQ(steady.jitter(), 0U);
  EXPECT_NEAR(shaky.jitter(), 900, 20);
  Reception wild;
  for (std::uint32_t i = 0; i < 100; ++i) wild.received(1, static_cast<std::uint16_t>(i), i * 0x7FFFFFFF, 0);
}

TEST(Timeline, counts_from_zero_through_the_wrap) {
  Timeline timeline;
  for (std::uint32_t i = 0; i < 100'000; ++i)
    ASSERT_EQ(timeline.frame(0xFFFF0000U + i * 90'000).time, std::int64_t{i} * 90'000);
  EXPECT_EQ(timeline.jumps(), 0U);
}

TEST(Timeline, other_clocks_become_90_kilohertz) {
  Timeline timeline(8000);
  timeline.frame(5);
  EXPECT_EQ(timeline.frame(325).time, 3600);
  std::uint32_t at = 325;
  std::int64_t last = 0;
  for (int i = 0; i < 1000; ++i) last = timeline.frame(at += 7).time;
  EXPECT_EQ(last, (325 - 5 + 7000) * 90'000 / 8000);
  EXPECT_EQ(Timeline(0).frame(1).time, 0);
}

TEST(Timeline, wifi_models_repeat_timestamps_and_step_back_a_little) {
  Timeline timeline;
  timeline.frame(1000);
  EXPECT_EQ(timeline.frame(4600).time, 3600);
  EXPECT_EQ(timeline.frame(4600).time, 3601);
  EXPECT_EQ(timeline.frame(4500).time, 3602);
  EXPECT_TRUE(timeline.frame(4400).repaired);
  EXPECT_EQ(timeline.frame(8200).time, 7200);
}

TEST(Timeline, a_frame_from_hours_away_is_its_own_fault) {
  Timeline timeline;
  timeline.frame(0);
  EXPECT_EQ(timeline.frame(3600).time, 3600);
  const auto strange = timeline.frame(400'000'000);
  EXPECT_EQ(strange.time, 7200);
  EXPECT_TRUE(strange.repaired);
  EXPECT_EQ(timeline.frame(10'800).time, 10'800);
  timeline.frame(400'000'000);
  timeline.frame(14'400);
  timeline.frame(400'000'000);
  EXPECT_EQ(timeline.jumps(), 0U);
}

TEST(Timeline, a_jump_that_three_frames_confirm_is_a_new_timeline) {
  Timeline timeline;
  timeline.frame(0);
  timeline.frame(3600);
  std::int64_t last = 3600;
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto stamp = timeline.frame(400'000'000 + i * 3600);
    EXPECT_EQ(stamp.time, last + 3600) << i;
    EXPECT_EQ(stamp.new_timeline, i == 2);
    last = stamp.time;
  }
  EXPECT_EQ(timeline.jumps(), 1U);
}

TEST(Timeline, goes_on_after_a_reconnect) {
  Timeline timeline;
  timeline.frame(77);
  timeline.frame(77 + 3600);
  timeline.restart();
  const auto stamp = timeline.frame(4'000'000'000);
  EXPECT_EQ(stamp.time, 7200);
  EXPECT_TRUE(stamp.new_timeline);
}

TEST(Timeline, never_goes_back_whatever_comes) {
  Timeline timeline;
  std::uint32_t random = 1;
  std::int64_t last = -1;
  for (int i = 0; i < 100'000; ++i) {
    random = random * 1664525 + 1013904223;
    const auto time = timeline.frame(i % 3 == 0 ? random : static_cast<std::uint32_t>(i) * 3600).time;
    ASSERT_GT(time, last);
    last = time;
  }
}

}  // namespace
}  // namespace camfleet::rtp
