#include "media/decode/picture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "proto/h26x/annexb.h"
#include "proto/h26x/nal.h"

namespace camfleet::media {
namespace {

Bytes read(const char* name) {
  std::ifstream file{std::string{CAMFLEET_SOURCE_DIR "/src/media/testdata/"} + name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Parameter sets and the first key picture of a clip.
CodedPicture first_picture(h26x::Codec codec) {
  const Bytes clip = read(codec == h26x::Codec::h264 ? "tiny.h264" : "tiny.h265");
  std::vector<ByteView> nals;
  for (const auto nal : h26x::split_annexb(clip)) {
    nals.push_back(nal);
    if (h26x::is_vcl(codec, h26x::nal_type(codec, nal))) break;
  }
  return {codec == h26x::Codec::h264 ? model::Codec::h264 : model::Codec::h265, h26x::join_annexb(nals)};
}

// Of its baseline frame header (ITU-T T.81 B.2.2).
PictureSize size_of(const Bytes& jpeg) {
  for (std::size_t i = 2; i + 9 < jpeg.size() && jpeg[i] == 0xFF;) {
    if (jpeg[i + 1] == 0xC0) return {load16(&jpeg[i + 7]), load16(&jpeg[i + 5])};
    i += 2U + load16(&jpeg[i + 2]);
  }
  return {};
}

TEST(Fit, keeps_the_shape_and_makes_nothing_larger) {
  EXPECT_EQ(fit({1920, 1080}, 1, {}), (PictureSize{1920, 1080}));
  EXPECT_EQ(fit({1920, 1080}, 1, {640, 0}), (PictureSize{640, 360}));
  EXPECT_EQ(fit({1920, 1080}, 1, {0, 360}), (PictureSize{640, 360}));
  EXPECT_EQ(fit({1920, 1080}, 1, {640, 100}), (PictureSize{178, 100}));
  EXPECT_EQ(fit({1920, 1080}, 1, {8192, 0}), (PictureSize{1920, 1080}));
  EXPECT_EQ(fit({704, 576}, 12.0 / 11, {352, 0}), (PictureSize{352, 264})) << "shown with square pixels";
  EXPECT_EQ(fit({16384, 16}, 1, {16, 0}), (PictureSize{16, 2}));
  const auto odd = fit({1919, 1079}, 1, {333, 0});
  EXPECT_LE(odd.width, 333);
}

TEST(MakeJpeg, of_a_key_picture_of_either_codec_in_any_size) {
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265}) {
    const auto picture = first_picture(codec);
    const auto whole = make_jpeg(picture, {});
    ASSERT_TRUE(whole) << whole.error().text();
    EXPECT_GT(whole->width, 16);
    EXPECT_EQ(size_of(whole->data), (PictureSize{whole->width, whole->height}));
    const auto half = make_jpeg(picture, {whole->width / 2, 0});
    ASSERT_TRUE(half) << half.error().text();
    EXPECT_EQ(size_of(half->data), (PictureSize{whole->width / 2, whole->height / 2}));
    EXPECT_LT(half->data.size(), whole->data.size());
    // What a device made is scaled the same way.
    const auto again = make_jpeg({model::Codec::mjpeg, whole->data}, {whole->width / 2, 0});
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(size_of(again->data), size_of(half->data));
  }
}

TEST(MakeJpeg, bytes_that_are_no_picture_are_an_error_and_nothing_else) {
  EXPECT_EQ(make_jpeg({model::Codec::aac, {1}}, {}).error().code, Code::media_unsupported_codec);
  for (const auto codec : {model::Codec::h264, model::Codec::h265, model::Codec::mjpeg}) {
    EXPECT_EQ(make_jpeg({codec, {}}, {}).error().code, Code::media_undecodable);
    std::mt19937 random{5};
    for (int i = 0; i < 20; ++i) {
      Bytes noise(random() % 5'000);
      for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
      const auto made = make_jpeg({codec, noise}, {64, 64});
      EXPECT_FALSE(made);
    }
  }
}

TEST(MakeJpeg, a_damaged_picture_never_does_harm) {
  std::mt19937 random{9};
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265}) {
    const auto picture = first_picture(codec);
    for (int i = 0; i < 40; ++i) {
      auto damaged = picture;
      damaged.data.resize(1 + random() % damaged.data.size());
      for (int flips = 0; flips < 3; ++flips)
        damaged.data[random() % damaged.data.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      const auto made = make_jpeg(damaged, {64, 64});
      if (!made) EXPECT_EQ(made.error().code, Code::media_undecodable);
    }
  }
}

}  // namespace
}  // namespace camfleet::media
