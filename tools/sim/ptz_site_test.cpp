#include "sim/ptz_site.h"

#include "proto/isapi/response_status.h"
#include "proto/xml/document.h"
#include "sim/testing/rig.h"

namespace camfleet::sim {
namespace {

using testing::Session;
using testing::SimulatorTest;

constexpr std::string_view kPtz = "/ISAPI/PTZCtrl/channels";

struct PtzSiteTest : SimulatorTest {
  // The first camera that is a dome, or is none.
  std::uint32_t camera(bool dome) {
    for (std::uint32_t i = 0;; ++i) {
      const auto& identity = simulator->device(i)->identity();
      if (!identity.nvr && identity.dome == dome) return i;
    }
  }
  static PtzPosition position(Session& http, int channel = 1) {
    const auto answer = http.ask("GET", fmt::format("{}/{}/status", kPtz, channel));
    EXPECT_EQ(answer.status, 200);
    const auto document = xml::parse(answer.body);
    const auto high = document->root().child("AbsoluteHigh");
    return {high.integer("azimuth", -1), high.integer("elevation", -1), high.integer("absoluteZoom", -1)};
  }
  PtzSiteTest() { settings.population = {.devices = 60, .seed = 7}; }
};

TEST_F(PtzSiteTest, dome_turns_while_it_is_told_to) {
  start();
  const auto index = camera(true);
  auto http = session(index, false);
  EXPECT_EQ(position(http), PtzPosition{});
  EXPECT_EQ(http.ask("PUT", fmt::format("{}/1/continuous", kPtz), {},
                     "<PTZData><pan>100</pan><tilt>0</tilt><zoom>0</zoom></PTZData>")
                .status,
            200);
  PtzPosition at;
  while ((at = position(http)).azimuth == 0) {
  }
  EXPECT_EQ(http.ask("PUT", fmt::format("{}/1/continuous", kPtz), {},
                     "<PTZData><pan>0</pan><tilt>0</tilt><zoom>0</zoom></PTZData>")
                .status,
            200);
  const auto stopped = position(http);
  EXPECT_EQ(position(http), stopped);
  EXPECT_EQ(stat(index, "ptz_commands"), 2u);
}

TEST_F(PtzSiteTest, dome_takes_all_commands_that_it_lists) {
  start();
  auto http = session(camera(true), false);
  EXPECT_NE(http.ask("GET", kPtz).body.find("<PTZChannel>"), std::string::npos);
  EXPECT_NE(http.ask("GET", fmt::format("{}/1/capabilities", kPtz)).body.find("ContinuousPanTiltSpace"),
            std::string::npos);
  const auto put = [&](std::string_view what, std::string_view body = {}) {
    return http
        .ask("PUT", fmt::format("{}/1/{}", kPtz, what), body.empty() ? "Content-Length: 0\r\n" : "", body)
        .status;
  };
  EXPECT_EQ(put("absolute",
                "<PTZData><AbsoluteHigh><elevation>300</elevation><azimuth>1234</azimuth>"
                "<absoluteZoom>40</absoluteZoom></AbsoluteHigh></PTZData>"),
            200);
  EXPECT_EQ(position(http), (PtzPosition{1234, 300, 40}));
  EXPECT_EQ(put("presets/9", "<PTZPreset><id>9</id><presetName>Gate</presetName></PTZPreset>"), 200);
  EXPECT_EQ(put("homeposition/goto"), 200);
  EXPECT_EQ(position(http), PtzPosition{});
  EXPECT_EQ(put("presets/9/goto"), 200);
  EXPECT_EQ(position(http), (PtzPosition{1234, 300, 40}));
  EXPECT_NE(http.ask("GET", fmt::format("{}/1/presets", kPtz)).body.find("<presetName>Gate</presetName>"),
            std::string::npos);
  EXPECT_EQ(put("presets/99/goto"), 403);
  EXPECT_EQ(put("momentary", "<PTZData><pan>10</pan><Momentary><duration>1</duration></Momentary></PTZData>"),
            200);
  EXPECT_EQ(put("momentary", "<PTZData><pan>10</pan></PTZData>"), 400);
  EXPECT_EQ(put("continuous", "<Other/>"), 400);
  EXPECT_EQ(put("patrols/1/start"), 403);
}

TEST_F(PtzSiteTest, fixed_camera_refuses_and_a_recorder_says_yes_to_every_channel) {
  start();
  auto fixed = session(camera(false), false);
  const auto refused =
      fixed.ask("PUT", fmt::format("{}/1/continuous", kPtz), {}, "<PTZData><pan>1</pan></PTZData>");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(isapi::parse_response_status(refused.body)->sub_status, "notSupport");
  auto recorder = session(5, false);
  for (const int channel : {1, 4}) {
    EXPECT_EQ(recorder.ask("GET", fmt::format("{}/{}/presets", kPtz, channel)).status, 200);
    EXPECT_EQ(
        recorder
            .ask("PUT", fmt::format("{}/{}/continuous", kPtz, channel), {}, "<PTZData><pan>1</pan></PTZData>")
            .status,
        200);
  }
  EXPECT_EQ(recorder.ask("GET", fmt::format("{}/17/status", kPtz)).status, 403);
}

}  // namespace
}  // namespace camfleet::sim
