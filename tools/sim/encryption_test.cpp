#include "sim/encryption.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace camfleet::sim {
namespace {

using h26x::Codec;

TEST(Encryption, leaves_headers_and_parameter_sets_and_spoils_the_rest) {
  struct Row {
    Codec codec;
    Bytes head;
    bool all;
    std::size_t plain;  // bytes in front that stay
  };
  for (const auto& row :
       {Row{Codec::h264, {0x65}, false, 1}, Row{Codec::h264, {0x7c, 0x85}, false, 2},
        Row{Codec::h264, {0x67}, false, 101}, Row{Codec::h264, {0x67}, true, 1},
        Row{Codec::h265, {0x26, 0x01}, false, 2}, Row{Codec::h265, {0x62, 0x01, 0x93}, false, 3},
        Row{Codec::h265, {0x42, 0x01}, false, 102}}) {
    auto payload = row.head;
    payload.resize(row.head.size() + 100, 0x55);
    std::deque<Bytes> keep;
    const auto out = encrypt(row.codec, payload, row.all, keep);
    ASSERT_EQ(out.size(), payload.size());
    const auto [mine, theirs] = std::ranges::mismatch(payload, out);
    EXPECT_GE(static_cast<std::size_t>(mine - payload.begin()), std::min(row.plain, payload.size()));
    const auto same =
        std::ranges::count_if(out.subspan(row.head.size()), [](auto byte) { return byte == 0x55; });
    EXPECT_EQ(row.plain > payload.size() - 1, same == 100) << same;
  }
}

TEST(Encryption, has_nothing_to_do_with_an_empty_payload) {
  std::deque<Bytes> keep;
  EXPECT_TRUE(encrypt(Codec::h264, {}, true, keep).empty());
  const Bytes head{0x65};
  EXPECT_EQ(encrypt(Codec::h264, head, true, keep).size(), 1u);
  EXPECT_TRUE(keep.empty());
}

}  // namespace
}  // namespace camfleet::sim
