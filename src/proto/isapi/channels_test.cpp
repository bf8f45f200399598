#include "proto/isapi/channels.h"

#include <gtest/gtest.h>

#include "proto/isapi/paths.h"
#include "proto/isapi/testing/fixture.h"
#include "proto/isapi/write.h"

namespace camfleet::isapi {
namespace {

TEST(Channels, streams_of_captured_devices) {
  const auto camera = parse_streaming_channels(fixture("streaming-channels/DS-2CD2146G2-ISU-101.xml"));
  ASSERT_TRUE(camera);
  EXPECT_EQ(*camera, (std::vector{StreamingChannel{.id = 101,
                                                   .name = "Terrasse",
                                                   .enabled = true,
                                                   .video_input = 1,
                                                   .codec = VideoCodec::h264,
                                                   .codec_text = "H.264",
                                                   .width = 2688,
                                                   .height = 1520,
                                                   .fps_x100 = 2500,
                                                   .variable_rate = true,
                                                   .bitrate_kbps = 8192,
                                                   .gov_length = 25,
                                                   .key_frame_interval_ms = 1000,
                                                   .smart_codec = false,
                                                   .audio_enabled = true,
                                                   .audio_codec = "AAC"}}));

  const auto recorder = parse_streaming_channels(fixture("streaming-channels/DS-7608NXI-I2-101.xml"));
  ASSERT_TRUE(recorder);
  EXPECT_EQ(recorder->front().width, 3840);
  EXPECT_EQ(recorder->front().fps_x100, 0);
  EXPECT_EQ(recorder->front().bitrate_kbps, 12288);
  EXPECT_EQ(recorder->front().gov_length, 50);
  EXPECT_FALSE(recorder->front().audio_enabled);
  EXPECT_EQ(recorder->front().audio_codec, "G.711ulaw");

  const auto dvr = parse_streaming_channels(fixture("streaming-channels/iDS-7204HUHI-M1-101.xml"));
  ASSERT_TRUE(dvr);
  EXPECT_EQ(dvr->front().fps_x100, 1500);
  EXPECT_EQ(dvr->front().height, 1440);
}

TEST(Channels, fifty_four_streams_of_a_recorder_without_third_ones) {
  const auto list = parse_streaming_channels(fixture("streaming-channels/DS-7732NI-M4.xml"));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 54U);
  const int streams[] = {1, 2, 4};
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto& channel = (*list)[i];
    EXPECT_EQ(channel.channel(), static_cast<int>(i / 3) + 1);
    EXPECT_EQ(channel.stream(), streams[i % 3]);
    EXPECT_EQ(channel.video_input, channel.channel());
  }
  EXPECT_EQ(list->front().codec, VideoCodec::h265);
  EXPECT_EQ(list->front().fps_x100, 1000);
  EXPECT_TRUE((*list)[52].smart_codec);
  EXPECT_EQ(list->back().width, 704);
  EXPECT_EQ(*parse_streaming_channels(write_streaming_channels(*list, {})), *list);
}

TEST(Channels, video_inputs_and_dead_ones) {
  const auto dvr = parse_video_inputs(fixture("video-inputs/DVR-208G-M1.xml"));
  ASSERT_TRUE(dvr);
  ASSERT_EQ(dvr->size(), 4U);
  EXPECT_EQ((*dvr)[0], (VideoInput{1, 1, "Camera 01", "PAL", "NO VIDEO", true, true}));
  EXPECT_EQ((*dvr)[1], (VideoInput{3, 3, "Camera 03", "PAL", "1280*720(HD720P)P25", true, false}));
  EXPECT_EQ((*dvr)[2].name, "Patio & Garage");
  EXPECT_EQ((*dvr)[3], (VideoInput{8, 8, "", "PAL", "960*1080(1080PLite)P25", true, false}));
  EXPECT_EQ(*parse_video_inputs(write_video_inputs(*dvr, {})), *dvr);

  const auto camera = parse_video_inputs(fixture("video-inputs/DS-2CD2146G2-ISU.xml"));
  ASSERT_TRUE(camera);
  EXPECT_EQ(*camera, (std::vector{VideoInput{1, 1, "Terrasse", "PAL", "", true, false}}));

  const auto hybrid = parse_video_inputs(fixture("video-inputs/iDS-7204HUHI-M1.xml"));
  ASSERT_TRUE(hybrid);
  ASSERT_EQ(hybrid->size(), 4U);
  EXPECT_TRUE((*hybrid)[1].no_video);
  EXPECT_FALSE((*hybrid)[2].no_video);
}

TEST(Channels, input_proxies_of_captured_recorders) {
  const auto small = parse_input_proxies(fixture("inputproxy/DS-7608NXI-I2.xml"));
  ASSERT_TRUE(small);
  ASSERT_EQ(small->size(), 4U);
  EXPECT_EQ(small->front(),
            (InputProxy{1, "garden", "HIKVISION", "1.0.0.236", 8000, 1, "admin", "DS-2CD2386G2-IU",
                        "DS-2CD2386G2-IU00000000AAWRK00000000", "V5.7.15 build 240201", true}));
  EXPECT_EQ(*parse_input_proxies(write_input_proxies(*small, {})), *small);

  const auto middle = parse_input_proxies(fixture("inputproxy/DS-7616NI-K2.xml"));
  ASSERT_TRUE(middle);
  EXPECT_EQ(middle->front().name, "tagahoov");
  EXPECT_FALSE(middle->front().plug_and_play);

  const auto large = parse_input_proxies(fixture("inputproxy/DS-7732NI-M4.xml"));
  ASSERT_TRUE(large);
  EXPECT_EQ((*large)[8].protocol, "ONVIF");

  EXPECT_TRUE(
      parse_input_proxies(fixture("inputproxy/iDS-7204HUHI-M1.xml"))->empty());  // though its size says 2

  const auto trimmed = parse_input_proxies(fixture("inputproxy/list-isapi-org-devIndex.xml"));
  ASSERT_TRUE(trimmed);
  ASSERT_EQ(trimmed->size(), 2U);
  EXPECT_EQ(trimmed->front().name, "Kraal");
  EXPECT_EQ(trimmed->back().address, "192.168.1.100");
}

TEST(Channels, status_of_input_proxies) {
  const auto list = parse_input_proxy_status(fixture("inputproxy/status-list-isapi-org.xml"));
  ASSERT_TRUE(list);
  EXPECT_EQ(*list, (std::vector{InputProxyStatus{1, true, "connect", {}},
                                InputProxyStatus{2, false, "notExist", {}}}));
  const std::vector written{InputProxyStatus{3, true, "connect", {301, 302}}};
  EXPECT_EQ(*parse_input_proxy_status(write_input_proxy_status(written, {})), written);
  const auto odd = parse_input_proxy_status(
      "<InputProxyChannelStatus><id>4</id><sourceInputPortDescriptor><online>false</online></"
      "sourceInputPortDescriptor>"
      "</InputProxyChannelStatus>");
  EXPECT_EQ(odd->front().online, false);
  EXPECT_EQ(parse_input_proxy_status("<InputProxyChannelStatus><id>4</id></InputProxyChannelStatus>")
                ->front()
                .online,
            std::nullopt);
}

TEST(Channels, empty_and_broken_lists) {
  EXPECT_TRUE(parse_streaming_channels("<StreamingChannelList/>")->empty());
  EXPECT_TRUE(parse_streaming_channels("<StreamingChannelList><StreamingChannel><id/></StreamingChannel>"
                                       "</StreamingChannelList>")
                  ->empty());
  EXPECT_EQ(parse_video_inputs(fixture("responsestatus/notSupport-psialliance.xml")).error().code,
            Code::device_not_supported);
}

TEST(Paths, streams_and_their_addresses) {
  EXPECT_EQ(stream_id(16, 1), 1601);
  EXPECT_EQ(channel_of(1601), 16);
  EXPECT_EQ(stream_of(1602), 2);
  EXPECT_EQ(path::picture(101), "/ISAPI/Streaming/channels/101/picture");
  EXPECT_EQ(rtsp_path(1, 2), "/Streaming/Channels/102");
  EXPECT_EQ(rtsp_legacy_path(1, 2), "/h264/ch1/sub/av_stream");
  EXPECT_EQ(rtsp_track_path(2, 1), "/Streaming/tracks/201");
  for (int channel : {1, 9, 16, 128}) {
    for (int stream : {1, 2, 3, 4}) {
      const StreamAddress expected{channel, stream};
      EXPECT_EQ(stream_of_path(rtsp_path(channel, stream)), expected);
      EXPECT_EQ(stream_of_path(rtsp_legacy_path(channel, stream)), expected);
      EXPECT_EQ(stream_of_path(path::picture(stream_id(channel, stream))), expected);
    }
  }
  EXPECT_EQ(stream_of_path("/streaming/channels/102?transportmode=unicast"), (StreamAddress{1, 2}));
  EXPECT_EQ(stream_of_path("/Streaming/Channels/101/trackID=1"), (StreamAddress{1, 1}));
  EXPECT_EQ(stream_of_path("/Streaming/Channels/2"), (StreamAddress{2, 1}));
  EXPECT_EQ(stream_of_path("/MPEG4/ch01/sub/av_stream"), (StreamAddress{1, 2}));
  for (const auto* path : {"", "/", "/Streaming/Channels/", "/Streaming/Channels/x",
                           "/Streaming/Channels/-101", "/Streaming/Channels/100", "/h264/ch0/main/av_stream",
                           "/h264/ch1/other/av_stream", "/Streaming/Channels/99999999999"}) {
    EXPECT_EQ(stream_of_path(path), StreamAddress{}) << path;
  }
}

}  // namespace
}  // namespace camfleet::isapi
