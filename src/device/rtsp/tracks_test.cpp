#include "device/rtsp/tracks.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace camfleet::device {
namespace {

const url::Url& dialled() {
  static const auto one = url::parse("rtsp://192.0.2.7:8554/Streaming/Channels/101?a=b").value().url;
  return one;
}

sdp::Session session(const std::string& lines) { return sdp::parse("v=0\r\n" + lines).value(); }

std::string control(const std::string& text) {
  const auto wanted =
      wanted_tracks(session("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:" + text + "\r\n"),
                    dialled(), dialled());
  return wanted ? wanted->at(0).control.text() : std::string(name(wanted.error().code));
}

// Row 46: 1920x1080 High in the description, 128x192 in the parameter set.
TEST(Tracks, the_parameter_set_is_believed_and_not_what_the_description_says_of_it) {
  const auto profile = profile_of(
      session("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=x-dimensions:1920,1080\r\na=fmtp:96 "
              "profile-level-id=640033;sprop-parameter-sets=Z0LACtoIM/nhAAADAAEAAAMAFA8SJuA=,aM4PLIA=\r\n"));
  EXPECT_EQ(profile.width, 128);
  EXPECT_EQ(profile.height, 192);
}

// Row 47.
TEST(Tracks, of_many_medias_the_first_picture_and_the_first_sound_that_are_known) {
  const std::string meta = "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n";
  const std::string audio = "m=audio 0 RTP/AVP 8\r\na=control:a\r\n";
  const auto chosen = [](const std::string& lines) {
    std::string out;
    const auto wanted = wanted_tracks(session(lines), dialled(), dialled());
    if (!wanted) return std::string(name(wanted.error().code));
    for (const auto& track : *wanted) out += track.track.encoding + " ";
    return out;
  };
  EXPECT_EQ(chosen(meta), "media.no_video");
  EXPECT_EQ(chosen(audio), "PCMA ") << "sound alone";
  EXPECT_EQ(chosen(meta + audio), "PCMA ");
  const std::string unknown = "m=audio 0 RTP/AVP 100\r\na=rtpmap:100 SVAC-A/8000\r\n";
  EXPECT_EQ(chosen(unknown + audio), "PCMA ") << "the sound that is known";
  EXPECT_EQ(chosen(unknown), "SVAC-A ");
  const std::string svac = "m=video 0 RTP/AVP 98\r\na=rtpmap:98 SVAC/90000\r\n";
  const std::string h265 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n";
  const std::string h264 = "m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n";
  EXPECT_EQ(chosen(audio + meta + svac + h265 + h264).substr(0, 5), "H265 ");
  EXPECT_EQ(chosen(svac).substr(0, 5), "SVAC ");
}

// Rows 10 and 48.
TEST(Tracks, controls_stay_on_the_host_that_was_dialled) {
  const std::string ours = "rtsp://192.0.2.7:8554/";
  EXPECT_TRUE(control("trackID=1").starts_with(ours));
  EXPECT_TRUE(control("*").starts_with(ours));
  EXPECT_TRUE(control("../../..").starts_with(ours));
  EXPECT_EQ(control("rtsp://10.9.9.9/evil"), ours + "evil");
  EXPECT_EQ(control("rtsp://user:pw@10.9.9.9:1/evil"), ours + "evil");
  EXPECT_EQ(control("rtsps://10.9.9.9/evil"), ours + "evil");
  for (const auto* bad : {"file:///etc/passwd", "http://192.0.2.7/", "gopher://x/"})
    EXPECT_EQ(control(bad), "rtsp.foreign_url") << bad;
  const auto without =
      wanted_tracks(session("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"), dialled(), dialled());
  ASSERT_TRUE(without);
  EXPECT_EQ(without->at(0).control.text(), dialled().text());
}

}  // namespace
}  // namespace camfleet::device
