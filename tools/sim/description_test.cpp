#include "sim/description.h"

#include <gtest/gtest.h>

#include "proto/sdp/codec_config.h"
#include "proto/sdp/sdp.h"
#include "sim/testing/small_clip.h"

namespace camfleet::sim {
namespace {

const Description kAbout{.host = "127.1.0.1",
                         .url = "rtsp://127.1.0.1:554/Streaming/Channels/101",
                         .query = "?transportmode=unicast",
                         .id = 1620251477190769};

TEST(Description, of_a_camera_has_absolute_controls_and_parameter_sets) {
  const auto clip = *Clip::cut(testing::small_annexb(1, 2));
  const auto session = sdp::parse(camera_sdp(kAbout, clip));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->name, "Media Presentation");
  ASSERT_EQ(session->medias.size(), 1u);
  const auto& media = session->medias[0];
  EXPECT_EQ(media.control, "rtsp://127.1.0.1:554/Streaming/Channels/101/trackID=1?transportmode=unicast");
  EXPECT_EQ(media.codec(), sdp::Codec::h264);
  EXPECT_EQ(media.dimensions, (sdp::Dimensions{1920, 1080}));
  const auto sets = sdp::parameter_sets(media.formats[0]);
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0], clip.sps());
  EXPECT_EQ(sets[1], clip.pps());
  EXPECT_FALSE(session->media_header.empty());
}

TEST(Description, of_a_recorder_has_relative_controls_and_no_parameter_sets) {
  const auto clip = *Clip::cut(testing::small_annexb(1, 2));
  const auto session = sdp::parse(recorder_sdp(kAbout, clip));
  ASSERT_TRUE(session);
  EXPECT_TRUE(session->name.starts_with("HIK Media Server"));
  ASSERT_EQ(session->medias.size(), 1u);
  EXPECT_EQ(session->medias[0].control, "trackID=video");
  EXPECT_TRUE(sdp::parameter_sets(session->medias[0].formats[0]).empty());
}

TEST(Description, has_a_second_track_for_sound) {
  const auto clip = *Clip::cut(testing::small_annexb(1, 2));
  const auto g711 = Sound::g711(Bytes(640, 0xff));
  const auto camera = sdp::parse(camera_sdp(kAbout, clip, Audio::pcmu, &g711));
  ASSERT_TRUE(camera);
  ASSERT_EQ(camera->medias.size(), 2u);
  EXPECT_EQ(camera->medias[1].codec(), sdp::Codec::pcmu);
  EXPECT_EQ(camera->medias[1].control,
            "rtsp://127.1.0.1:554/Streaming/Channels/101/trackID=2?transportmode=unicast");
  const auto recorder = sdp::parse(recorder_sdp(kAbout, clip, Audio::pcma, &g711));
  ASSERT_TRUE(recorder);
  ASSERT_EQ(recorder->medias.size(), 2u);
  EXPECT_EQ(recorder->medias[1].codec(), sdp::Codec::pcma);
  EXPECT_EQ(recorder->medias[1].control, "trackID=audio");
}

}  // namespace
}  // namespace camfleet::sim
