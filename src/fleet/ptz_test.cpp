#include "fleet/ptz.h"

#include <gtest/gtest.h>

#include "fleet/testing/fleet_rig.h"

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using enum model::DeviceState;
using testing::eventually;
using Log = std::vector<std::string>;

class PtzTest : public testing::FleetRig {
 protected:
  void SetUp() override {
    FleetRig::SetUp();
    ASSERT_TRUE(add(device("dome")));
    ASSERT_TRUE(reaches("dome", online));
    session = hikvision.session("dome");
  }
  Result<PtzOutcome> order(PtzCommand command, const char* who = "ada") {
    return wait_for(fleet->ptz(model::DeviceId{"dome"}, command, who));
  }
  static PtzCommand move(std::int8_t pan, std::chrono::milliseconds stop_after = 30ms) {
    PtzCommand out;
    out.move.pan = pan;
    out.stop_after = stop_after;
    return out;
  }
  Log said() const { return session->ptz_said(); }

  std::shared_ptr<testing::FakeSession> session;
};

TEST_F(PtzTest, a_camera_that_was_set_in_motion_is_stopped_once_its_time_is_over) {
  EXPECT_EQ(order(move(40)), PtzOutcome::done);
  ASSERT_TRUE(eventually([&] { return said().size() == 2; }));
  EXPECT_EQ(said(), (Log{"1:40,0,0", "1:0,0,0"}));
}

TEST_F(PtzTest, a_move_that_is_sent_again_goes_on_and_a_stop_needs_no_other) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(order(move(40, 10s)), PtzOutcome::done);
  EXPECT_EQ(order({}), PtzOutcome::done);
  on_loop("dome", [] {});
  EXPECT_EQ(said(), (Log{"1:40,0,0", "1:40,0,0", "1:40,0,0", "1:0,0,0"}));
}

TEST_F(PtzTest, a_preset_needs_no_stop_and_channels_move_by_themselves) {
  PtzCommand preset;
  preset.channel = 2;
  preset.preset = 7;
  EXPECT_EQ(order(preset), PtzOutcome::done);
  EXPECT_EQ(order(move(-5)), PtzOutcome::done);
  ASSERT_TRUE(eventually([&] { return said().size() == 3; }));
  EXPECT_EQ(said(), (Log{"2:preset 7", "1:-5,0,0", "1:0,0,0"}));
}

TEST_F(PtzTest, of_those_that_wait_for_a_slow_camera_the_last_one_counts) {
  session->ptz_delay = 100ms;
  std::vector<std::future<Result<PtzOutcome>>> orders;
  for (std::int8_t pan = 1; pan <= 5; ++pan)
    orders.push_back(std::async(std::launch::async, [this, pan] { return order(move(pan, 10s)); }));
  int done = 0;
  int superseded = 0;
  for (auto& one : orders) {
    const auto outcome = one.get();
    ASSERT_TRUE(outcome) << outcome.error().text();
    (*outcome == PtzOutcome::done ? done : superseded) += 1;
  }
  EXPECT_EQ(done + superseded, 5);
  EXPECT_GE(superseded, 3);
  ASSERT_FALSE(said().empty());
  EXPECT_LE(said().size(), 2U);
}

TEST_F(PtzTest, a_flood_is_refused_by_device_and_by_user_but_the_camera_can_be_stopped) {
  int refused = 0;
  Error why;
  for (int i = 0; i < 100; ++i) {
    const auto outcome = order(move(1, 10s), i % 2 == 0 ? "ada" : "bob");
    if (outcome) continue;
    ++refused;
    why = outcome.error();
  }
  EXPECT_GT(refused, 30);
  EXPECT_EQ(why.code, Code::device_too_many_commands);
  EXPECT_GT(why.retry_after_s, 0);
  EXPECT_TRUE(order({}));
  EXPECT_EQ(said().back(), "1:0,0,0");
}

TEST_F(PtzTest, what_the_camera_refuses_is_told_and_not_stopped_again_and_again) {
  session->ptz_answer = Code::device_not_supported;
  const auto outcome = order(move(1));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::device_not_supported);
  EXPECT_EQ(said().size(), 1U);
  auto elsewhere = move(1);
  elsewhere.channel = 5;
  EXPECT_EQ(order(elsewhere).error().code, Code::device_no_channel);
  EXPECT_EQ(wait_for(fleet->ptz(model::DeviceId{"nobody"}, move(1), "ada")).error().code,
            Code::device_unknown);
}

TEST_F(PtzTest, a_camera_does_not_go_on_moving_after_its_device_was_removed) {
  EXPECT_EQ(order(move(40, 10s)), PtzOutcome::done);
  ASSERT_TRUE(wait_for(fleet->remove(model::DeviceId{"dome"})));
  EXPECT_EQ(said(), (Log{"1:40,0,0", "1:0,0,0"}));
}

}  // namespace
}  // namespace camfleet::fleet
