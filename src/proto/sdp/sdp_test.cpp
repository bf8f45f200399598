#include "proto/sdp/sdp.h"

#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "proto/rtsp/parser.h"
#include "proto/sdp/codec_config.h"
#include "proto/testing/fixture.h"
#include "proto/url/url.h"

namespace camfleet::sdp {
namespace {

using camfleet::testing::fixture;
using camfleet::testing::fixtures;

std::string body_of(const std::string& path) {
  const auto text = fixture(path);
  if (!path.starts_with("rtsp/")) return text;
  rtsp::Parser parser;
  auto in = as_bytes(text);
  return std::get<rtsp::Response>(parser.next(in)->value()).body;
}

Session session_of(const std::string& path) {
  auto session = parse(body_of(path));
  EXPECT_TRUE(session) << path;
  return session ? *session : Session{};
}

// "video h264 96 trackID=1" for each media, as one reads it in a table.
std::vector<std::string> summary(const Session& session) {
  std::vector<std::string> lines;
  for (const auto& media : session.medias) {
    auto line = media.kind;
    for (const auto& format : media.formats) {
      line += " " + std::to_string(format.payload_type) + ":" + std::string(name(format.codec)) + "/" +
              std::to_string(format.clock_rate);
      if (format.channels > 1) line += "/" + std::to_string(format.channels);
    }
    line += " " + media.control;
    if (media.is_back_channel()) line += " (back channel)";
    lines.push_back(line);
  }
  return lines;
}

const std::map<std::string, std::vector<std::string>>& expected() {
  static const std::map<std::string, std::vector<std::string>> table{
      {"sdp/testdata/amcrest-minimal.sdp", {}},
      {"sdp/testdata/avigilon.sdp",
       {"audio 0:pcmu/8000 rtsp://192.168.1.63/defaultPrimary/micCfg0/trackID=9?mtu=1440&streamType=u",
        "audio 0:pcmu/8000 97:opus/48000/2 "
        "rtsp://192.168.1.63/defaultPrimary/spk0/trackID=2?mtu=1440&streamType=u (back channel)",
        "video 96:unknown/0 rtsp://192.168.1.63/defaultPr"}},
      {"sdp/testdata/flir.sdp",
       {"video 96:mpeg4/90000 97:mpeg4/90000 111:h264/90000 112:h264/90000 99:unknown/90000 "
        "rtsp://172.16.2.20/sid=96&overlay=on"}},
      {"sdp/testdata/hik-cam-case16.sdp",
       {"video 96:h264/90000 rtsp://192.168.1.64/trackID=1",
        "audio 104:aac/16000 rtsp://192.168.1.64/trackID=2"}},
      {"sdp/testdata/hik-cam-case8.sdp",
       {"video 96:h265/90000 rtsp://192.168.3.58:554/Streaming/Channels/101/trackID=1?transportmode=unicast",
        "audio 8:pcma/8000 rtsp://192.168.3.58:554/Streaming/Channels/101/trackID=2?transportmode=unicast"}},
      {"sdp/testdata/hik-cam-pcm48000.sdp",
       {"video 96:h264/90000 rtsp://192.168.1.12:554/Streaming/channels/101/trackID=1",
        "audio 11:pcm/48000 rtsp://192.168.1.12:554/Streaming/channels/101/trackID=2"}},
      {"sdp/testdata/hik-media-server-3.1.3.sdp", {"video 96:h264/90000 trackID=video"}},
      {"sdp/testdata/hik-media-server-3.4.103.sdp",
       {"video 96:h264/90000 trackID=video", "audio 8:pcma/8000 trackID=audio"}},
      {"sdp/testdata/hik-media-server-3.4.96.sdp",
       {"video 96:h265/90000 trackID=video", "audio 8:pcma/8000 trackID=audio"}},
      {"sdp/testdata/hik-platform-invite-answer.sdp", {"video 96:ps/90000 "}},
      {"sdp/testdata/lal-mediaserver-h265-dahua.sdp", {"video 98:h265/90000 trackID=0"}},
      {"sdp/testdata/no-session-name.sdp", {"video 96:h265/90000 trackID=3", "audio 8:pcma/8000 trackID=4"}},
      {"sdp/testdata/no-v0.sdp", {"video 96:h264/90000 trackID=0"}},
      {"sdp/testdata/reolink-backchannel.sdp",
       {"video 96:h264/90000 track1", "audio 97:aac/16000 track2",
        "audio 8:pcma/8000 track3 (back channel)"}},
      {"sdp/testdata/session-leading-semicolon-fmtp.sdp", {"video 96:h264/90000 trackID=0"}},
      {"sdp/testdata/sony-snc-wr630.sdp", {"video 105:h264/90000 trackID=1"}},
      {"sdp/testdata/tp-link.sdp", {"video 96:h265/90000 track1", "audio 8:pcma/8000 track2"}},
      {"sdp/testdata/uniview-ipc2122.sdp",
       {"video 105:h264/90000 rtsp://10.0.0.1/media/video1/video",
        "application 107:metadata/90000 rtsp://10.0.0.1/media/video1/metadata"}},
      {"sdp/testdata/unnamed-mjpeg-metadata.sdp",
       {"video 26:mjpeg/90000 track1", "audio 0:pcmu/8000 track2", "application 107:metadata/90000 track4",
        "vana 108:unknown/90000 track5"}},
      {"sdp/testdata/vcp-ipc-h3c-backchannel-cIN.sdp",
       {"video 105:h264/90000 rtsp://1.0.1.113/media/video2/video",
        "audio 0:pcmu/8000 rtsp://1.0.1.113/media/video2/audio1",
        "audio 0:pcmu/8000 rtsp://1.0.1.113/media/video2/backchannel (back channel)",
        "application 107:metadata/90000 rtsp://1.0.1.113/media/video2/metadata"}},
      {"sdp/testdata/vcp-ipc-uniview-h3c.sdp",
       {"video 105:h264/90000 rtsp://192.168.0.221/media/video1/video",
        "application 107:metadata/90000 rtsp://192.168.0.221/media/video1/metadata"}},
      {"sdp/testdata/y-cam-bullet.sdp", {"video 96:mpeg4/90000 trackID=1"}},
      {"sdp/testdata/tplink_sdp.txt", {"video 96:h265/90000 track1", "audio 8:pcma/8000 track2"}},
      {"rtsp/testdata/anjvision_describe.txt", {"video 96:h265/90000 trackID=1"}},
      {"rtsp/testdata/bunny_describe.txt",
       {"audio 96:aac/12000/2 trackID=1", "video 97:h264/90000 trackID=2"}},
      {"rtsp/testdata/dahua_describe_h264_aac_onvif.txt",
       {"video 96:h264/90000 trackID=0", "audio 97:aac/48000 trackID=1",
        "application 107:metadata/90000 trackID=4"}},
      {"rtsp/testdata/dahua_describe_h265_pcma.txt",
       {"video 98:h265/90000 trackID=0", "audio 8:pcma/8000 trackID=1"}},
      {"rtsp/testdata/gw_main_describe.txt", {"video 96:h264/90000 video", "audio 8:pcma/8000 audio"}},
      {"rtsp/testdata/h264dvr_describe.txt",
       {"video 96:h264/90000 trackID=3", "audio 8:pcma/8000 trackID=4"}},
      {"rtsp/testdata/hikvision_describe.txt",
       {"video 96:h264/90000 "
        "rtsp://192.168.5.106:554/Streaming/Channels/101/trackID=1?transportmode=unicast&profile=Profile_1",
        "application 107:metadata/90000 "
        "rtsp://192.168.5.106:554/Streaming/Channels/101/trackID=3?transportmode=unicast&profile=Profile_1"}},
      {"rtsp/testdata/ipcam_describe.txt", {"video 96:h264/90000 trackID=1"}},
      {"rtsp/testdata/missing_content_type_describe.txt",
       {"video 96:h264/90000 streamid=0", "audio 97:aac/48000/2 streamid=1"}},
      {"rtsp/testdata/reolink_describe.txt",
       {"video 96:h264/90000 trackID=1", "audio 97:aac/16000 trackID=2"}},
      {"rtsp/testdata/reolink_describe_control_first.txt",
       {"video 96:h264/90000 trackID=1", "audio 97:aac/16000 trackID=2"}},

  };
  return table;
}

TEST(Sdp, every_real_answer_gives_its_medias_codecs_and_controls) {
  auto names = fixtures("sdp/testdata", ".sdp");
  names.push_back("sdp/testdata/tplink_sdp.txt");
  for (const auto& name : fixtures("rtsp/testdata", ".txt"))
    if (name.find("describe") != std::string::npos) names.push_back(name);
  ASSERT_EQ(names.size(), expected().size());
  for (const auto& name : names) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(expected().contains(name));
    EXPECT_EQ(summary(session_of(name)), expected().at(name));
  }
}

TEST(Sdp, every_real_answer_survives_being_written_and_read) {
  for (const auto& [name, unused] : expected()) {
    SCOPED_TRACE(name);
    auto session = session_of(name);
    session.left_out = 0;
    const auto again = parse(write(session, "127.0.0.1", 1));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, session);
  }
}

TEST(Sdp, no_prefix_of_a_real_answer_does_harm) {
  for (const auto& [name, unused] : expected()) {
    const auto text = body_of(name);
    for (std::size_t size = 0; size <= text.size(); ++size) {
      const auto session = parse(std::string_view(text).substr(0, size));
      if (!session) continue;
      for (const auto& media : session->medias) ASSERT_FALSE(media.formats.empty());
    }
  }
}

TEST(Sdp, hikvision_camera) {
  const auto session = session_of("rtsp/testdata/hikvision_describe.txt");
  EXPECT_EQ(session.name, "Media Presentation");
  EXPECT_EQ(session.control,
            "rtsp://192.168.5.106:554/Streaming/Channels/101/?transportmode=unicast&profile=Profile_1");
  EXPECT_EQ(session.bandwidth_kbps, 5050);
  EXPECT_EQ(session.media_header,
            "494D4B48010100000400010000000000000000000000000000000000000000000000000000000000");
  const auto* video = session.first("video");
  ASSERT_TRUE(video);
  EXPECT_EQ(video->dimensions, (Dimensions{1920, 1080}));
  EXPECT_EQ(video->bandwidth_kbps, 5000);
  EXPECT_EQ(video->direction, Direction::recvonly);
  EXPECT_EQ(video->formats[0].parameter("Profile-Level-Id"), "420029");
  const auto sets = parameter_sets(video->formats[0]);
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(to_hex(sets[1]), "68ee3c80");
  EXPECT_EQ(sprop(sets), video->formats[0].parameter("sprop-parameter-sets"));
}

TEST(Sdp, hikvision_recorder_breaks_its_connection_line_and_puts_bandwidth_last) {
  EXPECT_EQ(session_of("sdp/testdata/hik-media-server-3.1.3.sdp").range, "npt=now-");
  const auto session = session_of("sdp/testdata/hik-media-server-3.4.103.sdp");
  EXPECT_EQ(session.name, "HIK Media Server V3.4.103");
  EXPECT_EQ(session.control, "*");
  EXPECT_EQ(session.bandwidth_kbps, 1034);
  EXPECT_EQ(session.medias[0].bandwidth_kbps, 1024);
  EXPECT_EQ(session.medias[1].bandwidth_kbps, 10);
}

TEST(Sdp, hikvision_h265_comes_without_fmtp) {
  const auto session = session_of("sdp/testdata/hik-cam-case8.sdp");
  EXPECT_TRUE(session.medias[0].formats[0].parameters.empty());
  EXPECT_TRUE(parameter_sets(session.medias[0].formats[0]).empty());
}

TEST(Sdp, hikvision_aac_config_overrides_the_map) {
  const auto session = session_of("sdp/testdata/hik-cam-case16.sdp");
  const auto& format = session.medias[1].formats[0];
  EXPECT_EQ(format.parameter("sizelength"), "13");
  EXPECT_EQ(aac_config(format), (AacConfig{{0x14, 0x08}, 2, 16000, 1}));
}

TEST(Sdp, gw_security_ends_its_parameter_sets_with_a_start_code) {
  const auto session = session_of("rtsp/testdata/gw_main_describe.txt");
  const auto sets = parameter_sets(session.medias[0].formats[0]);
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(to_hex(sets[0]), "674d002a95a81e0089f966e020202040");
  EXPECT_EQ(to_hex(sets[1]), "68ee3c80");
}

TEST(Sdp, h265_sets_come_in_the_order_a_decoder_wants) {
  const auto session = session_of("rtsp/testdata/dahua_describe_h265_pcma.txt");
  const auto sets = parameter_sets(session.medias[0].formats[0]);
  ASSERT_EQ(sets.size(), 3U);
  EXPECT_EQ(sets[0][0], 0x40);
  EXPECT_EQ(sets[1][0], 0x42);
  EXPECT_EQ(sets[2][0], 0x44);
}

TEST(Sdp, framerates_that_are_none_are_passed_over) {
  EXPECT_EQ(session_of("rtsp/testdata/h264dvr_describe.txt").medias[0].framerate, 25);
  EXPECT_EQ(session_of("rtsp/testdata/dahua_describe_h264_aac_onvif.txt").medias[0].framerate, 15);
  EXPECT_EQ(session_of("rtsp/testdata/anjvision_describe.txt").medias[0].framerate, 5);
  EXPECT_EQ(session_of("rtsp/testdata/anjvision_describe.txt").medias[0].dimensions, (Dimensions{1280, 720}));
  EXPECT_EQ(session_of("sdp/testdata/flir.sdp").medias[0].dimensions, (Dimensions{640, 480}));
}

TEST(Sdp, tp_link_announces_a_media_that_nobody_can_use) {
  EXPECT_EQ(session_of("sdp/testdata/tp-link.sdp").left_out, 1);
}

TEST(Sdp, playback_has_a_range_by_the_clock) {
  const auto session =
      parse("v=0\r\na=range:clock=20210520T063812Z-20210520T064816Z\r\nm=video 0 RTP/AVP 96\r\n");
  EXPECT_EQ(session->range, "clock=20210520T063812Z-20210520T064816Z");
}

TEST(Sdp, an_fmtp_for_another_payload_type_belongs_to_the_only_one) {
  const auto session =
      parse("m=audio 0 RTP/AVP 104\na=fmtp:97 config=1408\na=rtpmap:104 mpeg4-generic/16000/1\n");
  EXPECT_EQ(session->medias[0].formats[0].parameter("config"), "1408");
}

TEST(Sdp, empty_fmtp_of_ubiquiti_and_tabs_of_vstarcam) {
  const auto session = parse("m=audio 0 RTP/AVP 8\t \r\na=fmtp:\r\na=fmtp:8\r\na=control:track1\r\n");
  ASSERT_EQ(session->medias.size(), 1U);
  EXPECT_EQ(session->medias[0].codec(), Codec::pcma);
}

TEST(Sdp, static_types_need_no_map_and_are_not_overruled) {
  const auto formats =
      parse("m=audio 0 RTP/AVP 0 8 9 14\na=rtpmap:8 PCMU/8000\na=rtpmap:0 PCMU/16000\n")->medias[0].formats;
  EXPECT_EQ(formats[0].codec, Codec::pcmu);
  EXPECT_EQ(formats[0].clock_rate, 16000U);
  EXPECT_EQ(formats[1].codec, Codec::pcma);
  EXPECT_EQ(formats[2].codec, Codec::g722);
  EXPECT_EQ(formats[3].codec, Codec::mpa);
}

TEST(Sdp, a_media_with_an_impossible_map_is_left_out_alone) {
  for (const auto& map : {std::string("96 H264/0"), std::string("96 H264/4294967296"),
                          std::string("96 H264/-1"), "96 " + std::string(10'240, 'H') + "/90000"}) {
    const auto session = parse("m=video 0 RTP/AVP 96\na=rtpmap:" + map + "\nm=audio 0 RTP/AVP 8\n");
    ASSERT_TRUE(session);
    EXPECT_EQ(session->left_out, 1);
    ASSERT_EQ(session->medias.size(), 1U);
    EXPECT_EQ(session->medias[0].kind, "audio");
  }
  EXPECT_EQ(parse("m=video 0 RTP/AVP 300\n")->left_out, 1);
  EXPECT_EQ(parse("m=video 0 RTP/AVP 96 96 96\n")->medias[0].formats.size(), 1U);
}

TEST(Sdp, limits_hold) {
  const auto repeat = [](std::string_view line, std::size_t count) {
    std::string out = "v=0\n";
    for (std::size_t i = 0; i < count; ++i) out += line;
    return out;
  };
  EXPECT_EQ(parse(repeat("m=video 0 RTP/AVP 96\n", 16))->medias.size(), 16U);
  EXPECT_EQ(parse(repeat("m=video 0 RTP/AVP 96\n", 17)).error().code, Code::sdp_invalid);
  EXPECT_TRUE(parse(repeat("a=x\n", 512)));
  EXPECT_FALSE(parse(repeat("a=x\n", 513)));
  std::string types = "m=video 0 RTP/AVP";
  for (int i = 90; i < 122; ++i) types += " " + std::to_string(i);
  EXPECT_TRUE(parse(types));
  EXPECT_FALSE(parse(types + " 122"));
  EXPECT_TRUE(parse("v=" + std::string(128 * 1024 - 2, 'x')));
  EXPECT_FALSE(parse("v=" + std::string(128 * 1024 - 1, 'x')));
}

TEST(Sdp, what_is_no_sdp_is_refused) {
  EXPECT_EQ(parse("").error().code, Code::sdp_invalid);
  EXPECT_EQ(parse("<html>401</html>").error().code, Code::sdp_invalid);
  EXPECT_FALSE(parse(std::string("v=0\0", 4)));
}

// Row 42.
TEST(Sdp, lines_that_are_missing_broken_or_blank_at_the_end_are_borne) {
  for (const auto* text :
       {"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        "v=0\r\no=- 1.5 2.25 IN IP4\r\nc=IN \r\nt=\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        "v=0\rc=IN IP4 \rm=video 0 RTP/AVP 96 \ra=rtpmap:96 H264/90000 \r",
        "v=0 \ns= \nc= \n\n\nm=video 0 RTP/AVP 96  \na=rtpmap:96 H264/90000\t\n",
        "v=9\nz\n=\nm=video 0 RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000"}) {
    const auto session = parse(text);
    ASSERT_TRUE(session) << text;
    ASSERT_EQ(session->medias.size(), 1U) << text;
    EXPECT_EQ(session->medias[0].codec(), Codec::h264) << text;
  }
}

TEST(Sdp, a_name_in_gbk_becomes_valid_text) {
  EXPECT_EQ(parse("s=\xC4\xE3\n")->name, "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(parse("v=0\rs=CR only\rm=video 0 RTP/AVP 96\r")->name, "CR only");
}

TEST(Sdp, parameter_sets_that_cannot_be_read_are_left_to_the_stream) {
  const auto sets = [](std::string value) {
    Format format;
    format.codec = Codec::h264;
    format.parameters.push_back({"sprop-parameter-sets", std::move(value)});
    return parameter_sets(format);
  };
  EXPECT_TRUE(sets("").empty());
  EXPECT_TRUE(sets(",").empty());
  EXPECT_TRUE(sets("!!!,???").empty());
  EXPECT_TRUE(sets(std::string(65536, 'Z')).empty());
  EXPECT_EQ(sets("Z00AKpZkA8ARPyzUBAQFAAADA+gAAOpgBA==,").size(), 1U);
  EXPECT_EQ(sets("!!,aO48gA==").size(), 1U);
  EXPECT_EQ(sets(to_base64(Bytes{0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3})).size(), 2U);
  Format other;
  other.codec = Codec::pcma;
  EXPECT_TRUE(parameter_sets(other).empty());
}

TEST(Sdp, aac_configs) {
  const auto config = [](std::string_view hex) {
    Format format;
    format.codec = Codec::aac;
    format.parameters.push_back({"config", std::string(hex)});
    const auto aac = aac_config(format);
    return aac ? std::tuple(aac->object_type, aac->sample_rate, aac->channels) : std::tuple(0, 0, 0);
  };
  EXPECT_EQ(config("1490"), std::tuple(2, 12000, 2));
  EXPECT_EQ(config("1188"), std::tuple(2, 48000, 1));
  EXPECT_EQ(config("119056E500"), std::tuple(2, 48000, 2));
  EXPECT_EQ(config(""), std::tuple(0, 0, 0));
  EXPECT_EQ(config("zz"), std::tuple(0, 0, 0));
  EXPECT_EQ(config("17F8"), std::tuple(0, 0, 0));
  EXPECT_EQ(config("00"), std::tuple(0, 0, 0));
}

TEST(Sdp, our_own_answer) {
  Session session;
  session.name = "camfleet\r\na=evil:1";
  session.control = "*";
  session.range = "npt=now-";
  Media video;
  video.kind = "video";
  video.protocol = "RTP/AVP";
  video.control = "trackID=0";
  Format h264;
  h264.payload_type = 96;
  h264.codec = Codec::h264;
  h264.encoding = "H264";
  h264.clock_rate = 90000;
  h264.parameters = {{"packetization-mode", "1"}, {"sprop-parameter-sets", "Z00,aO4="}};
  video.formats = {h264};
  session.medias = {video};
  EXPECT_EQ(write(session, "127.0.0.1", 7),
            "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=camfleet  a=evil:1\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "a=range:npt=now-\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z00,aO4=\r\na=control:trackID=0\r\n");
  EXPECT_NE(write(session, "::1", 7).find("c=IN IP6 ::1\r\n"), std::string::npos);
}

TEST(Sdp, every_control_joins_with_the_base_of_its_answer) {
  for (const auto& [name, unused] : expected()) {
    const auto base = url::parse("rtsp://10.0.0.9:554/Streaming/Channels/101/");
    ASSERT_TRUE(base);
    for (const auto& media : session_of(name).medias)
      EXPECT_TRUE(url::join(base->url, media.control)) << name;
  }
}

}  // namespace
}  // namespace camfleet::sdp
