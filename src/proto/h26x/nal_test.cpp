#include "proto/h26x/nal.h"

#include <gtest/gtest.h>

#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_packetizer.h"
#include "proto/testing/fixture.h"

namespace camfleet::h26x {
namespace {

TEST(Classify, sees_h264_from_the_first_bytes) {
  const auto of = [](Bytes payload) { return classify(Codec::h264, payload); };
  const PacketClass set{.parameter_set = true};
  const PacketClass key{.key = true, .key_start = true, .picture_start = true, .vcl = true};
  const PacketClass key_more{.key = true, .vcl = true};
  const PacketClass slice{.picture_start = true, .vcl = true};
  const PacketClass none;
  EXPECT_EQ(of({0x67, 0x42}), set);
  EXPECT_EQ(of({0x68, 0xCE}), set);
  EXPECT_EQ(of({0x65, 0x88}), key);
  EXPECT_EQ(of({0x65, 0x11}), key_more);
  EXPECT_EQ(of({0x41, 0x9A}), slice);
  EXPECT_EQ(of({0x06, 0x05}), none);
  EXPECT_EQ(of({0x7C, 0x85, 0x88}), key);
  EXPECT_EQ(of({0x7C, 0x05, 0x88}), key_more);
  EXPECT_EQ(of({0x7C, 0x45, 0x88}), key_more);
  EXPECT_EQ(of({0x5C, 0x81, 0x9A}), slice);
  EXPECT_EQ(of({0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xCE}), set);
  EXPECT_EQ(of({0x78, 0, 2, 0x67, 0x42, 0, 2, 0x65, 0x88}),
            (PacketClass{
                .parameter_set = true, .key = true, .key_start = true, .picture_start = true, .vcl = true}));
  for (const auto& odd :
       {Bytes{}, Bytes{0x7C}, Bytes{0x78, 0, 9, 0x65, 0x88}, Bytes{0xE5, 0x88}, Bytes{0x78, 0, 0}})
    EXPECT_EQ(classify(Codec::h264, odd), none);
}

TEST(Classify, sees_h265_from_the_first_bytes) {
  const auto of = [](Bytes payload) { return classify(Codec::h265, payload); };
  const PacketClass set{.parameter_set = true};
  const PacketClass key{.key = true, .key_start = true, .picture_start = true, .vcl = true};
  EXPECT_EQ(of({0x40, 0x01, 0x0C}), set);
  EXPECT_EQ(of({0x42, 0x01, 0x01}), set);
  EXPECT_EQ(of({0x44, 0x01, 0xC0}), set);
  EXPECT_EQ(of({0x26, 0x01, 0xAF}), key);
  EXPECT_EQ(of({0x2A, 0x01, 0xAF}), key);
  EXPECT_EQ(of({0x62, 0x01, 0x93, 0xAF}), key);
  EXPECT_EQ(of({0x62, 0x01, 0x13, 0xAF}), (PacketClass{.key = true, .vcl = true}));
  EXPECT_EQ(of({0x02, 0x01, 0xD0}), (PacketClass{.picture_start = true, .vcl = true}));
  EXPECT_EQ(of({0x60, 0x01, 0, 3, 0x40, 0x01, 0x0C, 0, 3, 0x42, 0x01, 0x01}), set);
  EXPECT_EQ(of({0x4E, 0x01, 0x05}), PacketClass{});
  EXPECT_EQ(of({0x62, 0x01}), PacketClass{});
}

TEST(Classify, looks_behind_a_start_code_in_front_as_v380_puts_there) {
  for (const Bytes& code : {Bytes{0, 0, 1}, Bytes{0, 0, 0, 1}}) {
    const auto of = [&](Codec codec, const Bytes& nal) {
      Bytes payload = code;
      payload.insert(payload.end(), nal.begin(), nal.end());
      EXPECT_EQ(classify(codec, payload), classify(codec, nal));
      return classify(codec, payload);
    };
    EXPECT_TRUE(of(Codec::h264, {0x67, 0x42}).parameter_set);
    EXPECT_TRUE(of(Codec::h264, {0x65, 0x88}).key_start);
    EXPECT_TRUE(of(Codec::h265, {0x26, 0x01, 0xAF}).key_start);
    EXPECT_TRUE(of(Codec::h265, {0x02, 0x01, 0xD0}).picture_start);
    EXPECT_EQ(of(Codec::h265, {}), PacketClass{});
  }
  EXPECT_EQ(classify(Codec::h264, Bytes{0, 0, 0}), PacketClass{});
}

TEST(Classify, finds_each_picture_of_a_clip_once) {
  for (const auto codec : {Codec::h264, Codec::h265}) {
    const auto clip = camfleet::testing::fixture(codec == Codec::h264 ? "h26x/testdata/tiny.h264"
                                                                      : "h26x/testdata/tiny.h265");
    std::vector<Piece> pieces;
    for (const auto nal : split_annexb(as_bytes(clip))) {
      if (codec == Codec::h264)
        packetize_h264(nal, false, 60, pieces);
      else
        packetize_h265(nal, false, 60, pieces);
    }
    int starts = 0;
    int keys = 0;
    for (const auto& piece : pieces) {
      const auto seen = classify(codec, piece.joined());
      starts += seen.picture_start;
      keys += seen.key_start;
    }
    EXPECT_EQ(starts, 6);
    EXPECT_EQ(keys, 2);
  }
}

TEST(AnnexB, splits_at_codes_of_three_and_four_bytes) {
  const Bytes stream{0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 3, 0, 0};
  const auto nals = split_annexb(stream);
  ASSERT_EQ(nals.size(), 3U);
  EXPECT_EQ(to_hex(nals[0]), "6701");
  EXPECT_EQ(to_hex(nals[1]), "6802");
  EXPECT_EQ(to_hex(nals[2]), "6503");
  EXPECT_EQ(split_annexb(stream, 2).size(), 2U);
  EXPECT_EQ(split_annexb(Bytes{0x65, 1}).size(), 1U);
  EXPECT_TRUE(split_annexb({}).empty());
  EXPECT_TRUE(split_annexb(Bytes{0, 0, 1, 0, 0, 1}).empty());
}

TEST(AnnexB, finds_the_same_codes_as_a_plain_search) {
  std::uint32_t random = 7;
  for (int round = 0; round < 2000; ++round) {
    Bytes bytes(static_cast<std::size_t>(round % 40));
    for (auto& byte : bytes)
      byte = static_cast<std::uint8_t>((random = random * 1664525 + 1013904223) >> 28 & 3);
    for (std::size_t from = 0; from <= bytes.size(); ++from) {
      auto plain = bytes.size();
      for (std::size_t i = from; i + 3 <= bytes.size() && plain == bytes.size(); ++i)
        if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 2] == 1) plain = i;
      ASSERT_EQ(find_start_code(bytes, from), plain) << to_hex(bytes);
    }
  }
}

TEST(AnnexB, lengths_and_codes_go_both_ways) {
  const Bytes a{0x67, 1, 2};
  const Bytes b{0x65};
  const std::vector<ByteView> nals{a, b};
  EXPECT_EQ(to_hex(join_avcc(nals)), "000000036701020000000165");
  const auto avcc = join_avcc(nals);
  ASSERT_EQ(split_avcc(avcc).size(), 2U);
  EXPECT_EQ(to_hex(split_avcc(avcc)[1]), "65");
  const auto annexb = join_annexb(nals);
  ASSERT_EQ(split_annexb(annexb).size(), 2U);
  EXPECT_EQ(to_hex(split_annexb(annexb)[0]), "670102");
  EXPECT_EQ(split_avcc(Bytes{0, 0, 0, 9, 1}).size(), 0U);
  EXPECT_EQ(split_avcc(Bytes{0xFF, 0xFF, 0xFF, 0xFF, 1}).size(), 0U);
}

}  // namespace
}  // namespace camfleet::h26x
