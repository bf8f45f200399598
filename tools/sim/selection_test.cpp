#include "sim/selection.h"

#include <gtest/gtest.h>

namespace camfleet::sim {
namespace {

struct Selection : ::testing::Test {
  Selection() {
    for (std::uint32_t i = 0; i < 60; ++i) identities.push_back(identity_of({.devices = 60, .seed = 7}, i));
    for (const auto& identity : identities) fleet.push_back(&identity);
  }
  std::string of(std::string_view text) {
    const auto got = select_devices(text, fleet);
    return got ? to_ranges(*got) : "error " + got.error().place;
  }
  std::vector<Identity> identities;
  std::vector<const Identity*> fleet;
};

TEST_F(Selection, adds_up_its_parts_in_order_and_each_device_once) {
  EXPECT_EQ(of("all"), "0-59");
  EXPECT_EQ(of("7"), "7");
  EXPECT_EQ(of("9-11, 3,10-12"), "3,9-12");
  EXPECT_EQ(of("every:20"), "0,20,40");
  EXPECT_EQ(of("every:20+1,2"), "1-2,21,41");
  EXPECT_EQ(of("nvr"), "5,21,37,53");
  EXPECT_EQ(of("site-2"), "50-59");
  EXPECT_EQ(of("camera,nvr"), "0-59");
}

TEST_F(Selection, names_what_it_does_not_understand) {
  for (const auto* text :
       {"60", "5-60", "9-3", "every:0", "every:2+60", "-1", "sofa", "1,,2", "0x5", "site-9", "every:"})
    EXPECT_TRUE(of(text).starts_with("error no devices")) << text << " " << of(text);
  EXPECT_EQ(of(""), "error no devices");
}

}  // namespace
}  // namespace camfleet::sim
