#include "proto/flv/tag.h"

#include <gtest/gtest.h>

#include "proto/flv/amf0.h"
#include "proto/flv/testing/reader.h"

namespace camfleet::flv {
namespace {

using testing::read_file;
using testing::read_tags;

TEST(Flv, head_of_a_file) {
  Bytes out;
  append_header(out, true, true);
  EXPECT_EQ(to_hex(out), "464c5601050000000900000000");
  out.clear();
  append_header(out, false, true);
  EXPECT_EQ(out[4], 1);
}

TEST(Flv, a_picture_of_h264_byte_by_byte) {
  const Bytes data{0xAA, 0xBB};
  Bytes out;
  ASSERT_TRUE(append_picture(out, VideoForm::avc, {data, 0x01020304, 80, true}));
  EXPECT_EQ(to_hex(out),
            "09"
            "000007"
            "020304"
            "01"  // the upper eight bits of the time stand behind the lower ones
            "000000"
            "1701000050aabb"
            "00000012");
}

TEST(Flv, h265_has_three_forms_of_head) {
  const Bytes data{0xAA};
  const auto head = [&](VideoForm form, std::int32_t after, bool key) {
    Bytes out;
    EXPECT_TRUE(append_picture(out, form, {data, 0, after, key}));
    return to_hex(read_tags(out)->front().data);
  };
  EXPECT_EQ(head(VideoForm::hvc1, 40, true),
            "91"
            "68766331"
            "000028"
            "aa")
      << "coded frames";
  EXPECT_EQ(head(VideoForm::hvc1, 0, false),
            "a3"
            "68766331"
            "aa")
      << "coded frames without a composition time";
  EXPECT_EQ(head(VideoForm::codec_12, 40, false),
            "2c"
            "01"
            "000028"
            "aa");
  Bytes out;
  ASSERT_TRUE(append_video_config(out, VideoForm::hvc1, data, 5));
  ASSERT_TRUE(append_video_config(out, VideoForm::codec_12, data, 5));
  ASSERT_TRUE(append_video_config(out, VideoForm::avc, data, 5));
  const auto tags = *read_tags(out);
  ASSERT_EQ(tags.size(), 3U);
  EXPECT_EQ(to_hex(tags[0].data),
            "90"
            "68766331"
            "aa");
  EXPECT_EQ(to_hex(tags[1].data),
            "1c"
            "00"
            "000000"
            "aa");
  EXPECT_EQ(to_hex(tags[2].data),
            "17"
            "00"
            "000000"
            "aa");
}

TEST(Flv, sound) {
  const Bytes data{0x14, 0x08};
  Bytes out;
  ASSERT_TRUE(append_audio_config(out, data, 0));
  ASSERT_TRUE(append_sound(out, data, 21));
  const auto tags = *read_tags(out);
  EXPECT_EQ(tags[0].type, 8);
  EXPECT_EQ(to_hex(tags[0].data), "af001408");
  EXPECT_EQ(to_hex(tags[1].data), "af011408");
  EXPECT_EQ(tags[1].time, 21U);
}

TEST(Flv, times_go_round_after_49_days) {
  const Bytes data{1};
  Bytes out;
  for (const std::int64_t time : {(1LL << 24) - 1, 1LL << 24, (1LL << 32) - 1, 1LL << 32, (1LL << 32) + 40})
    ASSERT_TRUE(append_sound(out, data, time));
  std::vector<std::uint32_t> times;
  const auto tags = *read_tags(out);
  for (const auto& tag : tags) times.push_back(tag.time);
  EXPECT_EQ(times, (std::vector<std::uint32_t>{0xFFFFFF, 0x1000000, 0xFFFFFFFF, 0, 40}));
}

TEST(Flv, what_no_tag_can_carry_is_refused_and_leaves_nothing_behind) {
  Bytes out;
  EXPECT_EQ(append_sound(out, {}, 0).error().code, Code::media_bad_data);
  const Bytes large(kMaxData - 1);
  EXPECT_EQ(append_picture(out, VideoForm::avc, {large, 0, 0, true}).error().code, Code::media_bad_data);
  EXPECT_TRUE(out.empty());
  EXPECT_TRUE(append_sound(out, ByteView{large}.first(kMaxData - 2), 0)) << "the largest";
}

TEST(Flv, a_composition_time_stays_within_its_24_bits) {
  const Bytes data{1};
  Bytes out;
  ASSERT_TRUE(append_picture(out, VideoForm::avc, {data, 0, 0x7FFFFFFF, false}));
  ASSERT_TRUE(append_picture(out, VideoForm::avc, {data, 0, -5, false}));
  EXPECT_EQ(to_hex((*read_tags(out))[0].data), "27017fffff01");
  EXPECT_EQ(to_hex((*read_tags(out))[1].data), "270100000001") << "no picture is shown before it is decoded";
}

TEST(Flv, metadata_say_what_there_is) {
  Bytes out;
  append_header(out, true, true);
  append_metadata(out, {Metadata::Video{VideoForm::hvc1, 640, 360, 25}, Metadata::Audio{16'000, 2}});
  const auto file = read_file(out);
  ASSERT_TRUE(file && file->tags.size() == 1);
  EXPECT_EQ(file->tags[0].type, 18);
  const auto text = as_text(file->tags[0].data);
  EXPECT_TRUE(text.starts_with(std::string_view{"\x02\0\x0AonMetaData\x08\0\0\0\x08", 18}));
  EXPECT_TRUE(text.ends_with(std::string_view{"\0\0\x09", 3}));
  // 1752589105, the FourCC as a number.
  EXPECT_NE(text.find(std::string_view{"videocodecid\0\x41\xDA\x1D\x98\xCC\x40\0\0", 21}),
            std::string_view::npos);
  for (const auto* name : {"width", "height", "framerate", "audiocodecid", "audiosamplerate", "stereo"})
    EXPECT_NE(text.find(name), std::string_view::npos) << name;
  out.clear();
  append_metadata(out, {});
  EXPECT_EQ(as_text((*read_tags(out))[0].data).find("width"), std::string_view::npos);
}

}  // namespace
}  // namespace camfleet::flv
