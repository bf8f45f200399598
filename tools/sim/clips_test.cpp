#include "sim/clips.h"

#include <gtest/gtest.h>

#include "proto/h26x/h264_depacketizer.h"
#include "sim/testing/small_clip.h"

namespace camfleet::sim {
namespace {

using testing::small_annexb;

TEST(Clip, is_cut_into_frames_with_parameter_sets_before_each_key_frame) {
  const auto clip = Clip::cut(small_annexb(3, 5), 1400);
  ASSERT_TRUE(clip);
  ASSERT_EQ(clip->frames(), 15u);
  EXPECT_EQ(clip->gop(), 5u);
  EXPECT_EQ(clip->width(), 1920);
  for (std::size_t i = 0; i < clip->frames(); ++i) {
    const auto& frame = clip->frame(i);
    EXPECT_EQ(frame.key, i % 5 == 0);
    EXPECT_EQ(frame.packets, frame.key ? 2 + 3 : 1);  // SPS, PPS, three fragments
    const auto* packet = clip->packets(frame);
    for (int p = 0; p < frame.packets; ++p, ++packet) {
      EXPECT_LE(packet->size, 1400);
      EXPECT_EQ(packet->marker, p == frame.packets - 1);
    }
  }
}

TEST(Clip, payloads_make_the_same_pictures_again) {
  const auto clip = Clip::cut(small_annexb(2, 5), 700);
  ASSERT_TRUE(clip);
  h26x::H264Depacketizer out;
  std::size_t pictures = 0;
  for (std::size_t i = 0; i < clip->frames(); ++i) {
    const auto* packet = clip->packets(clip->frame(i));
    for (int p = 0; p < clip->frame(i).packets; ++p, ++packet) {
      out.push(
          {clip->payload(*packet), packet->marker, static_cast<std::uint32_t>(i * kTicksPerFrame), false});
      while (const auto unit = out.pull()) {
        EXPECT_EQ(unit->key, pictures % 5 == 0);
        EXPECT_EQ(unit->nal(unit->size() - 1)[1], 0x80 | pictures);
        ++pictures;
      }
    }
  }
  EXPECT_EQ(pictures, clip->frames());
}

TEST(Clip, finds_key_frames_around_the_seam) {
  const auto clip = Clip::cut(small_annexb(3, 5), 1400);
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->key_before(0), 0u);
  EXPECT_EQ(clip->key_before(4), 0u);
  EXPECT_EQ(clip->key_before(5), 5u);
  EXPECT_EQ(clip->key_after(0), 5u);
  EXPECT_EQ(clip->key_after(5), 10u);
  EXPECT_EQ(clip->key_after(14), 0u);
}

TEST(Clip, refuses_what_does_not_begin_with_a_key_frame) {
  Bytes annexb{0, 0, 0, 1, 0x41, 0x9a, 1, 2, 3};
  EXPECT_EQ(Clip::cut(annexb).error().code, Code::media_bad_data);
  EXPECT_EQ(Clip::cut({}).error().code, Code::media_bad_data);
}

TEST(Clips, that_are_missing_are_named) {
  const auto clips = Clips::load("/nowhere");
  ASSERT_FALSE(clips);
  EXPECT_EQ(clips.error().code, Code::config_invalid);
  EXPECT_NE(clips.error().place.find("/nowhere/main.h264"), std::string::npos);
}

}  // namespace
}  // namespace camfleet::sim
