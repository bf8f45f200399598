#include "device/hcnetsdk/ip_channels.h"

#include <gmock/gmock.h>

#include "device/hcnetsdk/channels.h"

namespace camfleet::device::hcnetsdk {
namespace {

using sdkhost::IpChannel;
using ::testing::ElementsAre;

sdkhost::LoginResult login(std::uint16_t analogue, std::uint16_t digital, std::uint16_t first_digital = 33) {
  sdkhost::LoginResult out;
  out.analogue = analogue;
  out.digital = digital;
  out.digital_first = first_digital;
  return out;
}
std::vector<int> numbers(const std::vector<model::Channel>& channels) {
  std::vector<int> out;
  for (const auto& one : channels) out.push_back(one.online ? one.number : -one.number);
  return out;
}

TEST(IpChannels, a_recorder_has_those_that_have_a_camera) {
  const std::vector told{IpChannel::online, IpChannel::none, IpChannel::offline};
  EXPECT_THAT(numbers(channels_of(login(0, 3), told)), ElementsAre(1, -3));
  EXPECT_THAT(numbers(channels_of(login(2, 3), told)), ElementsAre(1, 2, 3, -5));
  // Not told: all that it counts.
  EXPECT_THAT(numbers(channels_of(login(0, 3), {})), ElementsAre(1, 2, 3));
}

TEST(IpChannels, a_device_that_lies_stays_within_bounds) {
  EXPECT_EQ(channels_of(login(255, 65535), {}).size(), std::size_t{Channels::kMost});
  EXPECT_EQ(groups_of(login(0, 65535), 0xFFFFFFFF), 16U);
  EXPECT_EQ(groups_of(login(0, 16), 0xFFFFFFFF), 1U);
  EXPECT_EQ(groups_of(login(0, 65), 2), 2U);
  EXPECT_EQ(groups_of(login(0, 16), 0), 0U);
  // More states than it counts channels, and values that are none of ours.
  const std::vector<IpChannel> many(5'000, static_cast<IpChannel>(200));
  EXPECT_THAT(numbers(channels_of(login(0, 2), many)), ElementsAre(-1, -2));
  // Fewer: the rest has no camera.
  EXPECT_THAT(numbers(channels_of(login(0, 300), std::vector{IpChannel::online})), ElementsAre(1));
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
