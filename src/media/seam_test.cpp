#include "media/seam.h"

#include <gtest/gtest.h>

#include <cstring>

#include "media/testing/fake_video.h"

namespace camfleet::media {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const SteadyTime kStart{1'000s};

model::Packet from(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                   std::chrono::milliseconds at) {
  auto packet = rtp_packet(0, sequence, timestamp, true, Bytes{0x41, 1, 2});
  store32(packet.slab.get()->data() + 12, ssrc);
  packet.arrival = kStart + at;
  return packet;
}

std::uint16_t sequence_of(const model::Packet& packet) { return load16(packet.rtp().data() + 2); }
std::uint32_t timestamp_of(const model::Packet& packet) { return load32(packet.rtp().data() + 4); }
std::uint32_t ssrc_of(const model::Packet& packet) { return load32(packet.rtp().data() + 8); }

model::Packet report(std::uint32_t ssrc, std::uint32_t timestamp, std::uint8_t type = 200) {
  auto packet = rtcp_packet(0);
  auto* at = packet.slab.get()->data() + 4;
  at[1] = type;
  store32(at + 4, ssrc);
  store32(at + 16, timestamp);
  return packet;
}

TEST(seam, what_never_broke_off_stays_as_it_came) {
  Seam seam;
  seam.start(FakeVideo::info());
  for (std::uint16_t i = 0; i < 3; ++i) {
    auto packet = from(7, static_cast<std::uint16_t>(65'534 + i), 100 + i * 3600, i * 40ms);
    const Bytes before{packet.framed().begin(), packet.framed().end()};
    ASSERT_TRUE(seam.packet(packet));
    EXPECT_TRUE(std::ranges::equal(before, packet.framed()));
  }
  EXPECT_EQ(seam.seams(), 0U);
}

TEST(seam, behind_a_cut_numbers_go_on_and_time_by_what_passed) {
  Seam seam;
  seam.start(FakeVideo::info());
  auto last = from(7, 65'535, 0xFFFF'FFFF, 0ms);
  ASSERT_TRUE(seam.packet(last));
  seam.cut();
  auto first = from(0xBEEF, 4'000, 12, 2'000ms);
  ASSERT_TRUE(seam.packet(first));
  EXPECT_EQ(sequence_of(first), 0);
  EXPECT_EQ(ssrc_of(first), 7U);
  EXPECT_EQ(timestamp_of(first), 180'000U - 1) << "two seconds, around the wrap";
  EXPECT_EQ(first.timestamp, timestamp_of(first));
  auto second = from(0xBEEF, 4'001, 12 + 3'600, 2'040ms);
  ASSERT_TRUE(seam.packet(second));
  EXPECT_EQ(sequence_of(second), 1);
  EXPECT_EQ(timestamp_of(second), timestamp_of(first) + 3'600);
  EXPECT_EQ(seam.seams(), 1U);
}

TEST(seam, another_ssrc_in_the_midst_of_a_pull_is_a_seam_too) {
  Seam seam;
  seam.start(FakeVideo::info());
  auto packet = from(7, 10, 90'000, 0ms);
  ASSERT_TRUE(seam.packet(packet));
  packet = from(8, 900, 5, 1ms);
  ASSERT_TRUE(seam.packet(packet));
  EXPECT_EQ(ssrc_of(packet), 7U);
  EXPECT_EQ(sequence_of(packet), 11);
  EXPECT_EQ(timestamp_of(packet), 90'000U + 1'800) << "never at the time of the one before";
  packet = from(7, 3, 90'000'000, 40ms);  // and back
  ASSERT_TRUE(seam.packet(packet));
  EXPECT_EQ(ssrc_of(packet), 7U);
  EXPECT_EQ(sequence_of(packet), 12);
}

TEST(seam, sender_reports_speak_of_the_times_that_viewers_see) {
  Seam seam;
  seam.start(FakeVideo::info());
  auto packet = from(7, 10, 90'000, 0ms);
  ASSERT_TRUE(seam.packet(packet));
  auto before = report(7, 90'000);
  ASSERT_TRUE(seam.packet(before));
  EXPECT_EQ(load32(before.rtp().data() + 16), 90'000U);
  seam.cut();
  auto early = report(8, 500);
  EXPECT_FALSE(seam.packet(early)) << "nobody knows what time that is";
  packet = from(8, 1, 500, 1'000ms);
  ASSERT_TRUE(seam.packet(packet));
  auto after = report(8, 600);
  ASSERT_TRUE(seam.packet(after));
  EXPECT_EQ(load32(after.rtp().data() + 4), 7U);
  EXPECT_EQ(load32(after.rtp().data() + 16), packet.timestamp + 100);
}

TEST(seam, a_goodbye_of_the_camera_is_none_of_ours) {
  Seam seam;
  seam.start(FakeVideo::info());
  auto packet = from(7, 10, 90'000, 0ms);
  ASSERT_TRUE(seam.packet(packet));
  auto goodbye = report(7, 0, 203);
  EXPECT_FALSE(seam.packet(goodbye));
}

TEST(seam, nonsense_is_passed_on_and_not_written_past_its_end) {
  Seam seam;
  seam.start(FakeVideo::info());
  auto packet = from(7, 10, 90'000, 0ms);
  ASSERT_TRUE(seam.packet(packet));
  seam.cut();
  packet = from(8, 1, 500, 10ms);
  ASSERT_TRUE(seam.packet(packet));
  for (std::size_t size = 0; size < 28; ++size) {
    auto rtcp = rtcp_packet(0, size < 8 ? 8 : size);
    rtcp.size = static_cast<std::uint32_t>(4 + size);
    EXPECT_TRUE(seam.packet(rtcp));
    rtcp.rtcp = false;
    EXPECT_TRUE(seam.packet(rtcp));
  }
  packet.track = 200;
  EXPECT_TRUE(seam.packet(packet));
}

}  // namespace
}  // namespace camfleet::media
