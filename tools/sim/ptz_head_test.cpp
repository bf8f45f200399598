#include "sim/ptz_head.h"

#include <gtest/gtest.h>

namespace camfleet::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours{10}};

TEST(PtzHead, turns_with_its_speed_until_it_is_stopped) {
  PtzHead head;
  head.move({.pan = 100}, kStart);
  EXPECT_TRUE(head.moving(kStart + seconds{1}));
  EXPECT_EQ(head.at(kStart + seconds{1}).azimuth, 900);
  EXPECT_EQ(head.at(kStart + seconds{5}).azimuth, 900) << "a turn and a quarter";
  head.move({}, kStart + seconds{2});
  EXPECT_FALSE(head.moving(kStart + seconds{3}));
  EXPECT_EQ(head.at(kStart + seconds{9}).azimuth, 1800);
}

TEST(PtzHead, stops_by_itself_after_a_moment) {
  PtzHead head;
  head.move({.pan = -50, .zoom = 100}, kStart, kStart + milliseconds{500});
  EXPECT_EQ(head.at(kStart + seconds{7}), (PtzPosition{3375, 0, 30}));
  EXPECT_FALSE(head.moving(kStart + seconds{7}));
}

TEST(PtzHead, does_not_turn_past_its_stops) {
  PtzHead head;
  head.move({.tilt = -100, .zoom = 900}, kStart);
  EXPECT_EQ(head.at(kStart + seconds{60}), (PtzPosition{0, 900, 320}));
  head.move({.tilt = 100, .zoom = -100}, kStart + seconds{60});
  EXPECT_EQ(head.at(kStart + seconds{120}), (PtzPosition{0, 0, 10}));
}

TEST(PtzHead, keeps_presets_and_goes_to_them) {
  PtzHead head;
  head.jump({450, 200, 55}, kStart);
  head.set_preset(7, "Gate", kStart);
  EXPECT_TRUE(head.go_to_preset(1, kStart));
  EXPECT_EQ(head.at(kStart), PtzPosition{});
  EXPECT_TRUE(head.go_to_preset(7, kStart));
  EXPECT_EQ(head.at(kStart), (PtzPosition{450, 200, 55}));
  EXPECT_FALSE(head.go_to_preset(8, kStart));
  EXPECT_EQ(head.presets().at(7).name, "Gate");
}

}  // namespace
}  // namespace camfleet::sim
