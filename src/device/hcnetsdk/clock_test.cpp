#include "device/hcnetsdk/clock.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace camfleet::device::hcnetsdk {
namespace {

using namespace std::chrono_literals;

constexpr sdkhost::ClockResult kNoon{2026, 7, 1, 12, 0, 0};
constexpr WallTime at(std::chrono::sys_days day, std::chrono::seconds of_day) {
  return WallTime{day + of_day};
}
constexpr std::chrono::sys_days kDay{std::chrono::year{2026} / 7 / 1};

TEST(HcNetSdkClock, the_operator_says_where_the_device_is) {
  EXPECT_EQ(utc_of(kNoon, "+08:00"), at(kDay, 4h));
  EXPECT_EQ(utc_of(kNoon, "UTC"), at(kDay, 12h));
  if (!std::filesystem::exists("/usr/share/zoneinfo/Europe/Berlin")) GTEST_SKIP() << "no time zone database";
  EXPECT_EQ(utc_of(kNoon, "Asia/Shanghai"), at(kDay, 4h));
  // A file may tell of summer by a rule alone: then it is not known, and never an hour off.
  const auto berlin = utc_of(kNoon, "Europe/Berlin");
  EXPECT_TRUE(!berlin || *berlin == at(kDay, 10h));
}

TEST(HcNetSdkClock, what_is_not_known_is_not_guessed) {
  for (const auto* zone : {"", "Nowhere/City", "../../../etc/passwd", "/usr/share/zoneinfo/UTC"})
    EXPECT_FALSE(utc_of(kNoon, zone)) << zone;
  for (const auto& wild :
       {sdkhost::ClockResult{}, sdkhost::ClockResult{2026, 2, 30, 0, 0, 0},
        sdkhost::ClockResult{2026, 13, 1, 0, 0, 0}, sdkhost::ClockResult{2026, 1, 1, 24, 0, 0},
        sdkhost::ClockResult{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0}})
    EXPECT_FALSE(utc_of(wild, "UTC"));
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
