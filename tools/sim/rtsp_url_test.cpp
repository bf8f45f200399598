#include "sim/rtsp_url.h"

#include <gtest/gtest.h>

namespace camfleet::sim {
namespace {

TEST(RtspUrl, takes_every_form_that_devices_take) {
  struct Row {
    std::string_view url;
    int channel, profile;
    bool track;
    std::string_view path, query;
  };
  for (const auto& row : {
           Row{"rtsp://127.1.0.1:10554/Streaming/Channels/101", 1, 1, false, "/Streaming/Channels/101", ""},
           Row{"rtsp://127.1.0.1:10554/Streaming/Channels/101/", 1, 1, false, "/Streaming/Channels/101", ""},
           Row{"rtsp://h/streaming/channels/1602?transportmode=unicast", 16, 2, false,
               "/streaming/channels/1602", "?transportmode=unicast"},
           Row{"rtsp://h/ISAPI/Streaming/channels/102", 1, 2, false, "/ISAPI/Streaming/channels/102", ""},
           Row{"rtsp://h/h264/ch1/main/av_stream", 1, 1, false, "/h264/ch1/main/av_stream", ""},
           Row{"/h264/ch12/sub/av_stream", 12, 2, false, "/h264/ch12/sub/av_stream", ""},
           Row{"rtsp://h", 1, 1, false, "", ""},
           Row{"rtsp://h/", 1, 1, false, "", ""},
           Row{"rtsp://h/trackID=1", 1, 1, true, "", ""},
           Row{"rtsp://h/Streaming/Channels/101/trackID=1", 1, 1, true, "/Streaming/Channels/101", ""},
           Row{"rtsp://h:1/ISAPI/Streaming/channels/102/rtsp://h:1/ISAPI/Streaming/channels/102/trackID=1", 1,
               2, true, "/ISAPI/Streaming/channels/102", ""},
           Row{"rtsp://h/Streaming/Channels/101/trackID=1?a=b", 1, 1, true, "/Streaming/Channels/101",
               "?a=b"},
           Row{"rtsp://h/Streaming/Channels/101/?a=b/trackID=video", 1, 1, true, "/Streaming/Channels/101",
               "?a=b"},
       }) {
    const auto got = parse_stream_url(row.url);
    ASSERT_TRUE(got) << row.url;
    EXPECT_EQ(got->channel, row.channel) << row.url;
    EXPECT_EQ(got->profile, row.profile) << row.url;
    EXPECT_EQ(got->track, row.track) << row.url;
    EXPECT_EQ(got->path, row.path) << row.url;
    EXPECT_EQ(got->query, row.query) << row.url;
  }
}

TEST(RtspUrl, knows_no_other_path_and_no_other_profile) {
  for (const auto* url :
       {"*", "rtsp://h/live/main", "rtsp://h/Streaming/Channels/", "rtsp://h/Streaming/Channels/1",
        "rtsp://h/Streaming/Channels/103", "rtsp://h/Streaming/Channels/100",
        "rtsp://h/Streaming/Channels/99999999999", "rtsp://h/h264/ch0/main/av_stream",
        "rtsp://h/h264/ch1/third/av_stream", "rtsp://h/h264/ch1/main"})
    EXPECT_FALSE(parse_stream_url(url)) << url;
}

TEST(RtspUrl, tells_the_track_of_the_sound_from_that_of_the_pictures) {
  for (const auto* url :
       {"rtsp://h/Streaming/Channels/101/trackID=2", "rtsp://h/Streaming/Channels/101/trackID=audio",
        "rtsp://h/Streaming/Channels/101/?a=b/trackID=audio"})
    EXPECT_TRUE(parse_stream_url(url)->sound) << url;
  for (const auto* url : {"rtsp://h/Streaming/Channels/101", "rtsp://h/Streaming/Channels/101/trackID=1",
                          "rtsp://h/Streaming/Channels/101/trackID=video"})
    EXPECT_FALSE(parse_stream_url(url)->sound) << url;
}

}  // namespace
}  // namespace camfleet::sim
