#include <gtest/gtest.h>

#include "fleet/testing/fleet_rig.h"

namespace camfleet::fleet {
namespace {

using enum model::DeviceState;

struct PassThroughTest : testing::FleetRig {
  Result<model::IsapiAnswer> ask(const char* id, const char* path = "/ISAPI/x") {
    return wait_for(fleet->isapi(model::DeviceId{id}, {"GET", path, {}}, "ada"));
  }
};

TEST_F(PassThroughTest, a_device_is_asked_and_its_password_stays_here) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  const auto answer = ask("gate-7");
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->body, "GET /ISAPI/x ******");
  EXPECT_EQ(ask("gate-7", "/ISAPI/endless").error().code, Code::device_unexpected_answer);
}

TEST_F(PassThroughTest, who_is_not_there_is_not_asked_and_a_flood_is_refused) {
  EXPECT_EQ(ask("nobody").error().code, Code::device_unknown);
  auto off = device("off", "10.0.0.8");
  off.spec.enabled = false;
  ASSERT_TRUE(add(std::move(off)));
  EXPECT_EQ(ask("off").error().code, Code::device_disabled);
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  Error last;
  for (int i = 0; i < 50 && !last; ++i)
    if (const auto answer = ask("gate-7"); !answer) last = answer.error();
  EXPECT_EQ(last.code, Code::device_too_many_commands);
  EXPECT_GT(last.retry_after_s, 0);
}

}  // namespace
}  // namespace camfleet::fleet
