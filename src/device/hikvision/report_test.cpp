#include "device/hikvision/report.h"

#include <gtest/gtest.h>

namespace camfleet::device {
namespace {

TEST(HikvisionReport, what_a_terminal_replays_from_its_store_is_kept_and_marked) {
  isapi::Alert alert;
  alert.kind = "accesscontrollerevent";
  alert.access = isapi::AccessEvent{.major = 5, .minor = 75, .serial = 257, .current = false, .door = 1};
  const model::DeviceId door{"door-1"};
  const auto replayed = to_event(alert, door, system_clock().wall());
  ASSERT_TRUE(replayed);
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->serial, 257U);
  EXPECT_EQ(replayed->phase, model::Phase::pulse);
  alert.access->current = true;
  EXPECT_FALSE(to_event(alert, door, system_clock().wall())->replayed);
  alert.access->current.reset();  // older ones do not say
  EXPECT_FALSE(to_event(alert, door, system_clock().wall())->replayed);
  alert.heartbeat = true;
  EXPECT_FALSE(to_event(alert, door, system_clock().wall()));
}

TEST(HikvisionReport, the_end_of_a_crossing_is_no_second_crossing) {
  isapi::Alert alert;
  alert.kind = "linedetection";
  alert.state = isapi::AlertState::active;
  const model::DeviceId camera{"gate-7"};
  EXPECT_EQ(to_event(alert, camera, system_clock().wall())->phase, model::Phase::pulse);
  alert.state = isapi::AlertState::inactive;
  EXPECT_EQ(to_event(alert, camera, system_clock().wall())->phase, model::Phase::inactive);
}

}  // namespace
}  // namespace camfleet::device
