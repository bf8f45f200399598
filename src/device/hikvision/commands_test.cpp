#include <gtest/gtest.h>

#include "device/hikvision/session.h"
#include "device/testing/hikvision_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::hikvision_rig;

const std::string kMove = "/ISAPI/PTZCtrl/channels/1/continuous";

std::string ok() { return answer(200, isapi::write_response_status(isapi::status_ok("/"), {})); }

net::Task<Result<>> move(model::Session& session, std::uint16_t channel, model::PtzMove how) {
  return session.ptz(channel, how, std::chrono::steady_clock::now() + 2s);
}

TEST(HikvisionCommands, a_move_a_preset_and_a_key_frame_are_asked_for_on_the_control_connection) {
  auto site = camera_site();
  site.answers[kMove] = {ok()};
  site.answers["/ISAPI/PTZCtrl/channels/1/presets/33/goto"] = {ok()};
  site.answers["/ISAPI/Streaming/channels/102/requestKeyFrame"] = {ok()};
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto in = std::chrono::steady_clock::now() + 5s;
  EXPECT_TRUE(device.loop.run(move(*device.session, 1, {-100, 0, 7})));
  EXPECT_TRUE(device.loop.run(device.session->ptz_preset(1, 33, in)));
  EXPECT_TRUE(device.loop.run(device.session->request_key_frame(1, model::Profile::sub, in)));
  EXPECT_EQ(site.count(kMove), 1);
  EXPECT_EQ(device.camera.connections(), 2) << "none but those that it had";
  EXPECT_EQ(site.wrong, 0);
  ASSERT_FALSE(site.bodies.empty());
  EXPECT_NE(site.bodies.front().find("<PTZData><pan>-100</pan><tilt>0</tilt><zoom>7</zoom></PTZData>"),
            std::string::npos)
      << site.bodies.front();
}

TEST(HikvisionCommands, refusals_say_what_kind_they_are) {
  auto site = camera_site();
  Device device{site};
  ASSERT_FALSE(device.open());
  auto done = device.loop.run(move(*device.session, 1, {1, 0, 0}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::device_not_supported) << done.error().text();

  site.answers[kMove] = {answer(200, isapi::write_response_status(isapi::status_not_supported("/"), {}))};
  done = device.loop.run(move(*device.session, 1, {1, 0, 0}));
  ASSERT_FALSE(done) << "HTTP said 200";
  EXPECT_EQ(done.error().code, Code::device_not_supported) << done.error().text();

  site.answers[kMove] = {answer(403, fixture("lowPrivilege.json"), "application/json")};
  done = device.loop.run(move(*device.session, 1, {1, 0, 0}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::device_forbidden) << done.error().text();

  site.answers[kMove] = {answer(503, isapi::write_response_status(isapi::status_busy("/"), {}))};
  done = device.loop.run(move(*device.session, 1, {1, 0, 0}));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::device_busy) << done.error().text();
  EXPECT_EQ(site.count(kMove), 4) << "a command is never repeated by itself";

  EXPECT_EQ(device.loop.run(move(*device.session, 5, {1, 0, 0})).error().code, Code::device_no_channel);
}

TEST(HikvisionCommands, what_is_handed_through_comes_back_whatever_the_device_says) {
  auto site = camera_site();
  site.answers["/ISAPI/System/Network/ntpServers"] = {ok()};
  site.answers["/ISAPI/secret"] = {
      answer(403, isapi::write_response_status(isapi::status_low_privilege("/"), {}))};
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto in = std::chrono::steady_clock::now() + 5s;
  const auto done = device.loop.run(
      device.session->isapi({"PUT", "/ISAPI/System/Network/ntpServers", "<NTPServerList/>"}, in));
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done->status, 200);
  EXPECT_NE(done->body.find("<ResponseStatus"), std::string::npos);
  EXPECT_EQ(site.bodies.back(), "<NTPServerList/>");
  const auto refused = device.loop.run(device.session->isapi({"GET", "/ISAPI/secret", {}}, in));
  ASSERT_TRUE(refused) << "a refusal is an answer";
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(device.camera.connections(), 2) << "none but those that it had";
}

}  // namespace
}  // namespace camfleet::device
