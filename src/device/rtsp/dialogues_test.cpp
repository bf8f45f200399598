#include "device/rtsp/client.h"

#include <gtest/gtest.h>

#include "device/testing/rtsp_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::rtsp_rig;
using testing::FakeCamera;
using testing::PlainPassword;
using testing::Recorder;
using testing::rtp_frame;
using testing::Talk;

// --- dialogues of real cameras -----------------------------------------------------------------------------

struct Dialogue {
  std::string name;
  std::string describe, setup_video, setup_audio, play;
  model::Codec video;
  std::optional<model::Codec> audio;
  std::string first_setup;  // path of the first SETUP
  std::uint8_t video_type = 96;
};

std::vector<Dialogue> dialogues() {
  using model::Codec;
  return {
      {"hikvision", fixture("hikvision_describe.txt"), fixture("hikvision_setup.txt"), "",
       fixture("hikvision_play.txt"), Codec::h264, std::nullopt,
       "/Streaming/Channels/101/trackID=1?transportmode=unicast&profile=Profile_1"},
      {"hikvision ssrc with a blank", fixture("hikvision_describe.txt"),
       fixture("hikvision_setup_ssrc_space.txt"), "", fixture("hikvision_play.txt"), Codec::h264,
       std::nullopt, "/Streaming/Channels/101/trackID=1?transportmode=unicast&profile=Profile_1"},
      {"dahua h264", fixture("dahua_describe_h264_aac_onvif.txt"), fixture("dahua_setup.txt"), kOtherSetup,
       fixture("dahua_play.txt"), Codec::h264, Codec::aac,
       "/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif/trackID=0"},
      {"dahua h265", fixture("dahua_describe_h265_pcma.txt"), fixture("dahua_setup.txt"), kOtherSetup,
       fixture("dahua_play.txt"), Codec::h265, Codec::pcma, "/cam/realmonitor?channel=1&subtype=2/trackID=0",
       98},
      {"reolink", fixture("reolink_describe.txt"), fixture("reolink_setup.txt"), kOtherSetup,
       fixture("reolink_play.txt"), Codec::h264, Codec::aac, "/h264Preview_01_main/trackID=1"},
      {"reolink control first", fixture("reolink_describe_control_first.txt"), fixture("reolink_setup.txt"),
       kOtherSetup, fixture("reolink_play.txt"), Codec::h264, Codec::aac, "/h264Preview_01_main/trackID=1"},
      {"gw security", fixture("gw_main_describe.txt"), fixture("gw_main_setup_video.txt"),
       fixture("gw_main_setup_audio.txt"), fixture("gw_main_play.txt"), Codec::h264, Codec::pcma,
       "/H264?channel=1&subtype=0&unicast=true&proto=Onvif/video"},
      {"bunny", fixture("bunny_describe.txt"), fixture("bunny_setup.txt"), kOtherSetup,
       fixture("bunny_play.txt"), Codec::h264, Codec::aac, "/vod/mp4:BigBuckBunny_115k.mov/trackID=2", 97},
      {"bad rtptime", fixture("bunny_describe.txt"), fixture("bunny_setup.txt"), kOtherSetup,
       fixture("bad_rtptime.txt"), Codec::h264, Codec::aac, "/vod/mp4:BigBuckBunny_115k.mov/trackID=2", 97},
      {"anjvision base without scheme", fixture("anjvision_describe.txt"), kSetup, "", kPlay, Codec::h265,
       std::nullopt, "/stream0/trackID=1"},
      {"ipcam", fixture("ipcam_describe.txt"), kSetup, "", kPlay, Codec::h264, std::nullopt,
       "/Streaming/Channels/101/trackID=1"},
      {"no content type", fixture("missing_content_type_describe.txt"), kSetup, kOtherSetup, kPlay,
       Codec::h264, Codec::aac, "/Streaming/Channels/101/streamid=0"},
      // The captured SETUP answers of this one are for UDP.
      {"h264dvr", fixture("h264dvr_describe.txt"), kSetup, kOtherSetup, fixture("h264dvr_play.txt"),
       Codec::h264, Codec::pcma, "/camera/trackID=3"},
  };
}

class Replay : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Replay, dialogues_of_real_cameras_reach_playing_with_the_right_tracks) {
  for (auto& dialogue : dialogues()) {
    SCOPED_TRACE(dialogue.name);
    Server server;
    server.answers["DESCRIBE"] = {dialogue.describe};
    server.answers["SETUP"] = {dialogue.setup_video};
    if (!dialogue.setup_audio.empty()) server.answers["SETUP"].push_back(dialogue.setup_audio);
    server.answers["PLAY"] = {dialogue.play};
    const bool h265 = dialogue.video == model::Codec::h265;
    server.media =
        rtp_frame(0, dialogue.video_type, false, 1, 3600, h265 ? std::string("\x26\x01\x80", 3) : kIdr) +
        rtp_frame(0, dialogue.video_type, true, 2, 7200, h265 ? std::string("\x02\x01\xd0", 3) : kSlice);
    Pull pull{server, 2, GetParam()};
    const auto why = pull.run();
    EXPECT_FALSE(why) << why.text();
    ASSERT_EQ(pull.recorder.starts, 1);
    const auto& tracks = pull.recorder.info.tracks;
    ASSERT_EQ(tracks.size(), dialogue.audio ? 2U : 1U);
    EXPECT_EQ(tracks[0].codec, dialogue.video);
    EXPECT_EQ(tracks[0].payload_type, dialogue.video_type);
    if (dialogue.audio) {
      EXPECT_EQ(tracks[1].codec, *dialogue.audio);
    }
    ASSERT_EQ(pull.recorder.packets.size(), 2U);
    EXPECT_TRUE(pull.recorder.packets[0].key_start);
    EXPECT_FALSE(pull.recorder.packets[1].key_start);
    EXPECT_EQ(server.count("TEARDOWN"), 1);
    // Whatever host the device printed, ours is on the request line.
    for (const auto& request : server.log)
      EXPECT_TRUE(request.url.starts_with("rtsp://127.0.0.1:" + std::to_string(pull.camera.port()) + "/"))
          << request.url;
    const auto setup = std::ranges::find(server.log, "SETUP", &rtsp::Request::method);
    EXPECT_TRUE(setup->url.ends_with(std::to_string(pull.camera.port()) + dialogue.first_setup))
        << setup->url;
  }
}

INSTANTIATE_TEST_SUITE_P(slices, Replay, ::testing::Values(0, 1, 7, 100));

}  // namespace
}  // namespace camfleet::device
