#include "device/hcnetsdk/channels.h"

#include <gtest/gtest.h>

#include <set>

namespace camfleet::device::hcnetsdk {
namespace {

sdkhost::LoginResult told(std::uint16_t analogue, std::uint16_t first, std::uint16_t digital,
                          std::uint16_t first_digital, sdkhost::Mode mode = sdkhost::Mode::native) {
  sdkhost::LoginResult out;
  out.analogue = analogue;
  out.analogue_first = first;
  out.digital = digital;
  out.digital_first = first_digital;
  out.mode = mode;
  return out;
}

TEST(Channels, a_recorders_ip_channels_begin_where_it_says) {
  const Channels recorder{told(0, 0, 16, 33)};
  EXPECT_EQ(recorder.count(), 16);
  EXPECT_EQ(recorder.to_library(2), 34U);
  EXPECT_EQ(recorder.from_library(34), 2);
  const Channels newer{told(0, 0, 16, 1)};
  EXPECT_EQ(newer.to_library(2), 2U);
  EXPECT_EQ(newer.from_library(2), 2);
  const Channels hybrid{told(4, 1, 4, 33)};
  EXPECT_EQ(hybrid.to_library(4), 4U);
  EXPECT_EQ(hybrid.to_library(5), 33U);
  EXPECT_EQ(hybrid.from_library(33), 5);
  const Channels by_isapi{told(0, 0, 16, 33, sdkhost::Mode::isapi)};
  EXPECT_EQ(by_isapi.to_library(2), 2U);
  EXPECT_EQ(by_isapi.from_library(2), 2);
}

// Whatever a login says: a bounded list, and there and back is the same for each channel of it.
TEST(Channels, numbers_that_a_device_made_up_are_bounded_and_never_collide) {
  for (const std::uint16_t analogue : {0, 1, 16, 255})
    for (const std::uint16_t first : {0, 1, 33, 255})
      for (const std::uint16_t digital : {0, 1, 64, 65'280, 65'535})
        for (const std::uint16_t first_digital : {0, 1, 2, 33, 255})
          for (const auto mode : {sdkhost::Mode::native, sdkhost::Mode::isapi}) {
            const Channels channels{told(analogue, first, digital, first_digital, mode)};
            EXPECT_LE(channels.count(), Channels::kMost);
            std::set<std::uint32_t> theirs;
            for (std::uint16_t ours = 1; ours <= channels.count(); ++ours) {
              const auto number = channels.to_library(ours);
              EXPECT_TRUE(theirs.insert(number).second) << ours;
              EXPECT_EQ(channels.from_library(static_cast<std::int32_t>(number)), ours);
            }
            // What alarms tell besides falls on no channel of the list.
            for (std::int32_t number = -1; number < 2'000; ++number)
              if (!theirs.contains(static_cast<std::uint32_t>(number))) {
                const auto ours = channels.from_library(number);
                EXPECT_TRUE(ours == 0 || ours > channels.count()) << number;
              }
            for (const auto far : {INT32_MIN, INT32_MAX, 0x10000, 0x10021}) (void)channels.from_library(far);
          }
}

TEST(Channels, a_device_that_told_of_none_is_believed_what_it_says_later) {
  const Channels none{told(0, 0, 0, 0)};
  EXPECT_EQ(none.count(), 0);
  EXPECT_EQ(none.from_library(3), 3);
  EXPECT_EQ(none.to_library(3), 3U);
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
