#include "proto/h26x/decode_times.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace camfleet::h26x {
namespace {

struct Case {
  const char* name;
  int depth;
  std::vector<std::int64_t> shown;  // in order of arrival
};

TEST(decode_times, increase_and_never_pass_the_time_of_showing) {
  const Case cases[] = {
      {"no B frames", 0, {0, 10, 20, 30}},
      {"one B frame", 1, {0, 20, 10, 40, 30, 60, 50}},
      {"two B frames", 1, {0, 30, 10, 20, 60, 40, 50}},
      {"a pyramid of three", 2, {0, 40, 20, 10, 30, 80, 60, 50, 70}},
      {"deeper than it is", 4, {0, 10, 20, 30, 40, 50}},
      {"a frame is lost", 1, {0, 20, 40, 30, 60, 50}},
  };
  for (const auto& [name, depth, shown] : cases) {
    DecodeTimes times;
    times.set_depth(depth);
    std::int64_t last = -1'000'000;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const auto decoded = times.next(shown[i], 10);
      EXPECT_GT(decoded, last) << name;
      EXPECT_LE(decoded, shown[i]) << name;
      if (i == 0) {
        EXPECT_EQ(decoded, -10 * depth) << name;
      }
      last = decoded;
    }
  }
}

TEST(decode_times, follow_the_pictures_where_nothing_is_reordered) {
  DecodeTimes times;
  for (const std::int64_t shown : {5, 17, 18, 90}) EXPECT_EQ(times.next(shown, 10), shown);
  EXPECT_EQ(times.next(90, 10), 91) << "a time that repeats itself";
}

TEST(decode_times, a_depth_that_grows_on_the_way_costs_one_group) {
  DecodeTimes times;
  EXPECT_EQ(times.next(0, 10), 0);
  EXPECT_EQ(times.next(20, 10), 20);
  times.set_depth(1);
  EXPECT_EQ(times.next(10, 10), 21) << "too late to be shown at 10";
  EXPECT_EQ(times.next(40, 10), 22);
  std::int64_t last = 22;
  for (const std::int64_t shown : {30, 60, 50, 80, 70}) {
    const auto decoded = times.next(shown, 10);
    EXPECT_GT(decoded, last);
    EXPECT_LE(decoded, shown);
    last = decoded;
  }
}

TEST(decode_times, b_slices_are_told_by_their_first_bits) {
  EXPECT_TRUE(is_h264_b_slice(Bytes{0x01, 0b1010'0000}));   // first_mb 0, type 1
  EXPECT_TRUE(is_h264_b_slice(Bytes{0x01, 0b1001'1100}));   // type 6
  EXPECT_FALSE(is_h264_b_slice(Bytes{0x41, 0b1100'0000}));  // P
  EXPECT_FALSE(is_h264_b_slice(Bytes{0x65, 0b1010'0000}));  // IDR
  EXPECT_FALSE(is_h264_b_slice(Bytes{0x01}));
  EXPECT_FALSE(is_h264_b_slice({}));
}

}  // namespace
}  // namespace camfleet::h26x
