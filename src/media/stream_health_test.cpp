#include "media/stream_health.h"

#include <gtest/gtest.h>

#include "media/testing/fake_video.h"

namespace camfleet::media {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const SteadyTime kStart{500s};

class Health : public ::testing::Test {
 protected:
  Health() { health_.start(FakeVideo::info(), 0, kStart); }
  // A picture of two packets, `late` after its time.
  void picture(std::chrono::microseconds late = 0us, std::uint16_t lost = 0) {
    sequence_ = static_cast<std::uint16_t>(sequence_ + lost);
    for (int i = 0; i < 2; ++i) {
      auto packet = rtp_packet(0, sequence_++, 77 + number_ * 3'600, i == 1, Bytes(100, 0x41));
      packet.key_start = i == 0 && number_ % 10 == 0;
      packet.arrival = kStart + number_ * 40ms + late;
      health_.packet(packet);
    }
    ++number_;
  }
  StreamHealth::Figures look() { return health_.look(kStart + number_ * 40ms); }

  StreamHealth health_;
  std::uint16_t sequence_ = 65'500;
  std::uint32_t number_ = 0;
};

TEST_F(Health, an_even_stream) {
  for (int i = 0; i < 50; ++i) picture();
  const auto figures = look();
  EXPECT_EQ(figures.packets, 100U);
  EXPECT_EQ(figures.lost, 0U);
  EXPECT_EQ(figures.frames, 50U);
  EXPECT_EQ(figures.millifps, 25'000U);
  EXPECT_EQ(figures.gop_frames, 10U);
  EXPECT_EQ(figures.jitter_us, 0U);
  EXPECT_EQ(figures.bits_per_second, 100U * 116 * 8 / 2);
}

TEST_F(Health, holes_count_and_what_comes_late_or_twice_does_not) {
  picture();
  picture(0us, 3);
  auto twice = rtp_packet(0, static_cast<std::uint16_t>(sequence_ - 1), 77 + 3'600, true, Bytes(100, 0x41));
  twice.arrival = kStart + 41ms;
  health_.packet(twice);
  picture();
  EXPECT_EQ(look().lost, 3U);
  EXPECT_EQ(look().frames, 3U);
}

TEST_F(Health, who_counts_anew_has_lost_nothing) {
  picture();
  sequence_ = 20'000;
  picture();
  sequence_ = 19'000 - 4'000;
  picture();
  EXPECT_EQ(look().lost, 0U);
  EXPECT_EQ(look().frames, 3U);
}

TEST_F(Health, jitter_as_rfc_3550_has_it) {
  // Every other picture 16 ms late: each difference is 16 ms, and the mean comes near to that.
  for (int i = 0; i < 200; ++i) picture(i % 2 == 0 ? 0us : 16'000us);
  EXPECT_GT(look().jitter_us, 14'000U);
  EXPECT_LE(look().jitter_us, 16'000U);
}

TEST_F(Health, a_look_too_soon_keeps_the_rates) {
  for (int i = 0; i < 50; ++i) picture();
  const auto first = look();
  picture();
  const auto second = look();
  EXPECT_EQ(second.millifps, first.millifps);
  EXPECT_EQ(second.frames, first.frames + 1);
}

}  // namespace
}  // namespace camfleet::media
