// Whole captured streams, through the multipart parser into alerts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "proto/isapi/alert.h"
#include "proto/multipart/parser.h"

namespace camfleet::isapi {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

struct Seen {
  std::map<std::string, int> kinds;  // "vmd+" active, "vmd-" inactive, "heartbeat"
  std::map<int, int> channels;
};

Seen read(const std::string& name, DeviceKind kind) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/multipart/testdata/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  multipart::Parser parser;
  parser.feed(std::string{std::istreambuf_iterator<char>{file}, {}});
  Seen seen;
  for (;;) {
    const auto part = parser.next();
    if (!part || !*part) return seen;
    const auto alert = parse_alert((*part)->body, kind);
    EXPECT_TRUE(alert) << (*part)->body;
    if (!alert) continue;
    EXPECT_TRUE(alert->time) << alert->time_text;
    const auto word = alert->kind + (alert->state == AlertState::active ? '+' : '-');
    ++seen.kinds[alert->heartbeat ? "heartbeat" : word];
    if (!alert->heartbeat) ++seen.channels[alert->channel];
  }
}

TEST(AlertStream, camera_with_motion_and_lines) {
  const auto seen = read("cam-DS-2CD2185FWD-I.multipart", DeviceKind::camera);
  EXPECT_THAT(seen.kinds, UnorderedElementsAre(Pair("heartbeat", 39), Pair("vmd+", 58), Pair("vmd-", 10),
                                               Pair("linedetection+", 34), Pair("linedetection-", 9)));
  EXPECT_THAT(seen.channels, UnorderedElementsAre(Pair(1, 111)));
}

TEST(AlertStream, recorder_that_repeats_what_is_active_and_has_no_heartbeat) {
  const auto seen = read("nvr-16ch.multipart", DeviceKind::recorder);
  EXPECT_THAT(seen.kinds, UnorderedElementsAre(Pair("videoloss+", 70), Pair("vmd+", 56),
                                               Pair("linedetection+", 1), Pair("fielddetection+", 1)));
  EXPECT_THAT(seen.channels, UnorderedElementsAre(Pair(5, 1), Pair(7, 2), Pair(15, 55), Pair(16, 70)));
}

TEST(AlertStream, small_ones) {
  EXPECT_THAT(read("nvr-isapi-empty-channel-heartbeat.multipart", DeviceKind::recorder).kinds,
              UnorderedElementsAre(Pair("heartbeat", 2), Pair("fielddetection+", 1)));
  EXPECT_THAT(read("wifi-cam-fielddetection-human.multipart", DeviceKind::camera).kinds,
              UnorderedElementsAre(Pair("heartbeat", 2), Pair("fielddetection+", 1), Pair("duration+", 1)));
  EXPECT_THAT(read("wifi-cam-ver10-duration.multipart", DeviceKind::camera).kinds,
              UnorderedElementsAre(Pair("heartbeat", 1), Pair("duration+", 2)));
}

}  // namespace
}  // namespace camfleet::isapi
