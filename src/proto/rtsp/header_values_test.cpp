#include <gtest/gtest.h>

#include "proto/rtsp/parser.h"
#include "proto/rtsp/rtp_info.h"
#include "proto/rtsp/session.h"
#include "proto/rtsp/status.h"
#include "proto/rtsp/transport.h"
#include "proto/testing/fixture.h"

namespace camfleet::rtsp {
namespace {

std::string header(const std::string& file, std::string_view name) {
  const auto text = camfleet::testing::fixture("rtsp/testdata/" + file);
  Parser parser;
  auto in = as_bytes(text);
  const auto message = parser.next(in);
  return std::string(std::get<Response>(message->value()).headers.get(name).value_or("missing"));
}

TEST(Transport, of_hikvision) {
  const auto transport = parse_transport(header("hikvision_setup.txt", "Transport"));
  ASSERT_TRUE(transport);
  EXPECT_EQ(transport->lower, Transport::Lower::tcp);
  EXPECT_EQ(transport->interleaved, (Pair{0, 1}));
  EXPECT_EQ(transport->ssrc, 0x4cacc3d1U);
  EXPECT_EQ(transport->mode, "play");
}

TEST(Transport, of_hikvision_whose_ssrc_has_a_blank_and_seven_digits) {
  const auto transport = parse_transport(header("hikvision_setup_ssrc_space.txt", "Transport"));
  ASSERT_TRUE(transport);
  EXPECT_EQ(transport->ssrc, 0x0d6d6627U);
}

TEST(Transport, of_dahua_reolink_gw_security_and_wowza) {
  EXPECT_EQ(parse_transport(header("dahua_setup.txt", "Transport"))->ssrc, 0x30A98EE7U);
  const auto reolink = parse_transport(header("reolink_setup.txt", "Transport"));
  EXPECT_EQ(reolink->destination, "192.168.1.210");
  EXPECT_EQ(reolink->source, "192.168.5.206");
  EXPECT_EQ(parse_transport(header("gw_main_setup_audio.txt", "Transport"))->interleaved, (Pair{2, 3}));
  EXPECT_EQ(parse_transport(header("gw_main_setup_video.txt", "Transport"))->interleaved, (Pair{0, 1}));
  EXPECT_EQ(parse_transport(header("bunny_setup.txt", "Transport"))->interleaved, (Pair{0, 1}));
}

TEST(Transport, of_xiongmai_over_udp) {
  const auto video = parse_transport(header("h264dvr_setup_video.txt", "Transport"));
  ASSERT_TRUE(video);
  EXPECT_EQ(video->lower, Transport::Lower::udp);
  EXPECT_EQ(video->client_port, (Pair{18714, 18715}));
  EXPECT_EQ(video->server_port, (Pair{40004, 40005}));
  EXPECT_EQ(video->mode, "play");
  EXPECT_EQ(video->ssrc, 0U);
  EXPECT_EQ(parse_transport(header("h264dvr_setup_audio.txt", "Transport"))->server_port,
            (Pair{40006, 40007}));
}

TEST(Transport, a_single_number_is_a_pair) {
  EXPECT_EQ(parse_transport("RTP/AVP/TCP;interleaved=4")->interleaved, (Pair{4, 5}));
  EXPECT_EQ(parse_transport("RTP/AVP;unicast;client_port=5000")->client_port, (Pair{5000, 5001}));
  EXPECT_EQ(parse_transport(" rtp/avp/tcp ; Interleaved = 2 - 3 ")->interleaved, (Pair{2, 3}));
}

TEST(Transport, refuses_numbers_out_of_range) {
  for (const auto* bad : {"interleaved=256-257", "interleaved=255", "interleaved=x",
                          "interleaved=", "interleaved=-1", "client_port=0-1", "client_port=65536",
                          "client_port=65535", "server_port=1-99999", "client_port=4294967296-1"})
    EXPECT_FALSE(parse_transport(std::string("RTP/AVP;unicast;") + bad)) << bad;
}

TEST(Transport, refuses_profiles_that_nobody_relays) {
  for (const auto* bad : {"", "RTP", "RTP/XYZ", "MP2T/H2221", "RTP/AVP/SCTP", "RAW/RAW/UDP"})
    EXPECT_EQ(parse_transport(bad).error().code, Code::rtsp_bad_header) << bad;
}

TEST(Transport, an_ssrc_that_cannot_be_read_is_left_out) {
  EXPECT_FALSE(parse_transport("RTP/AVP/TCP;ssrc=xyz")->ssrc);
  EXPECT_FALSE(parse_transport("RTP/AVP/TCP;ssrc=123456789")->ssrc);
  EXPECT_FALSE(parse_transport("RTP/AVP/TCP;ssrc=")->ssrc);
}

TEST(Transport, offers_of_players_are_read_in_order) {
  const auto offers = parse_transports(
      "RTP/AVP;unicast;client_port=0-1, RAW/X,RTP/AVP/UDP;unicast;client_port=5000-5001;mode=\"PLAY,RECORD\","
      "RTP/AVP/TCP;unicast;interleaved=0-1");
  ASSERT_TRUE(offers);
  ASSERT_EQ(offers->size(), 2U);
  EXPECT_EQ((*offers)[0].client_port, (Pair{5000, 5001}));
  EXPECT_EQ((*offers)[0].mode, "play,record");
  EXPECT_EQ((*offers)[1].interleaved, (Pair{0, 1}));
  EXPECT_EQ(parse_transports("").error().code, Code::rtsp_no_transport);
  EXPECT_EQ(parse_transports("RAW/X").error().code, Code::rtsp_no_transport);
}

TEST(Transport, fifty_offers_are_too_many) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += "RTP/AVP/TCP,";
  EXPECT_EQ(parse_transports(many).error().code, Code::rtsp_bad_header);
}

TEST(Transport, what_is_written_is_read_back) {
  Transport transport;
  transport.interleaved = {2, 3};
  transport.ssrc = 0xA;
  transport.mode = "play";
  EXPECT_EQ(serialise(transport), "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=0000000a;mode=\"play\"");
  EXPECT_EQ(parse_transport(serialise(transport)), transport);

  Transport multicast;
  multicast.lower = Transport::Lower::udp;
  multicast.multicast = multicast.secure = true;
  multicast.destination = "239.0.0.1";
  multicast.source = "10.0.0.1";
  multicast.port = {8860, 8861};
  multicast.client_port = {1, 2};
  multicast.server_port = {3, 4};
  multicast.ttl = 16;
  EXPECT_EQ(parse_transport(serialise(multicast)), multicast);
}

TEST(Session, hikvision_pads_the_id_and_says_the_timeout_once) {
  EXPECT_EQ(parse_session(header("hikvision_setup.txt", "Session")),
            (Session{"708345999", std::chrono::seconds(60), true}));
  EXPECT_EQ(parse_session(header("hikvision_play.txt", "Session")),
            (Session{"708345999", std::chrono::seconds(60), false}));
  EXPECT_EQ(parse_session(header("gw_main_play.txt", "Session"))->timeout, std::chrono::seconds(120));
  EXPECT_EQ(parse_session(header("missing_content_type_describe.txt", "Session"))->id, "l0TtlUFSR");
}

TEST(Session, timeouts_are_kept_within_reason) {
  const auto timeout = [](std::string_view text) { return parse_session(text)->timeout.count(); };
  EXPECT_EQ(timeout("a;timeout=0"), 5);
  EXPECT_EQ(timeout("a;timeout=4"), 5);
  EXPECT_EQ(timeout("a;timeout=6"), 6);
  EXPECT_EQ(timeout("a;timeout=300"), 300);
  EXPECT_EQ(timeout("a;timeout=99999999"), 300);
  EXPECT_EQ(timeout("a;timeout=99999999999999999999"), 300);
  EXPECT_EQ(timeout("a;timeout=-1"), 60);
  EXPECT_EQ(timeout("a;timeout=abc"), 60);
  EXPECT_EQ(timeout("a ; Timeout = 30 "), 30);
}

TEST(Session, refuses_ids_that_cannot_be_sent_back) {
  EXPECT_FALSE(parse_session(""));
  EXPECT_FALSE(parse_session("  ;timeout=60"));
  EXPECT_FALSE(parse_session("a b"));
  EXPECT_FALSE(parse_session(std::string(64 * 1024, 'x')));
  EXPECT_FALSE(parse_session(std::string(257, 'x')));
  EXPECT_TRUE(parse_session(std::string(256, 'x')));
}

TEST(RtpInfo, of_hikvision_has_an_absolute_url_with_a_query) {
  const auto tracks = parse_rtp_info(header("hikvision_play.txt", "RTP-Info"));
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(
      tracks[0].url,
      "rtsp://192.168.5.106:554/Streaming/Channels/101/trackID=1?transportmode=unicast&profile=Profile_1");
  EXPECT_EQ(tracks[0].seq, 24104);
  EXPECT_EQ(tracks[0].rtptime, 1270711678U);
}

TEST(RtpInfo, of_dahua_and_reolink) {
  const auto dahua = parse_rtp_info(header("dahua_play.txt", "RTP-Info"));
  ASSERT_EQ(dahua.size(), 3U);
  EXPECT_EQ(dahua[2], (RtpInfo{"trackID=4", 36583, 816418535, {}}));
  const auto reolink = parse_rtp_info(header("reolink_play.txt", "RTP-Info"));
  ASSERT_EQ(reolink.size(), 2U);
  EXPECT_EQ(reolink[1], (RtpInfo{"trackID=2", 39409, 3075976528, 0x9fc9fff8}));
}

TEST(RtpInfo, values_that_are_made_up_are_ignored) {
  for (const auto& track : parse_rtp_info(header("bad_rtptime.txt", "RTP-Info"))) {
    EXPECT_FALSE(track.seq);
    EXPECT_FALSE(track.rtptime);
  }
  const auto old = parse_rtp_info("url=trackID=1;seq=24874,url=trackID=2;seq=42360,url=trackID=3;seq=0");
  ASSERT_EQ(old.size(), 3U);
  for (const auto& track : old) EXPECT_FALSE(track.seq);
  EXPECT_FALSE(parse_rtp_info("url=a;seq=0;rtptime=0")[0].rtptime);
  EXPECT_EQ(parse_rtp_info(header("bunny_play.txt", "RTP-Info"))[1].seq, 1);
}

TEST(RtpInfo, bears_trailing_parts_commas_and_nonsense) {
  EXPECT_EQ(parse_rtp_info("url=a,b;seq=1;rtptime=2;,").size(), 1U);
  EXPECT_EQ(parse_rtp_info("url=a,b;seq=1;rtptime=2;,")[0].url, "a,b");
  EXPECT_EQ(parse_rtp_info("URL=a;seq=70000;rtptime=1, url=\"b\"").size(), 2U);
  EXPECT_TRUE(parse_rtp_info("").empty());
  EXPECT_TRUE(parse_rtp_info(";;;,,,").empty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "url=a;seq=1;rtptime=1,";
  EXPECT_EQ(parse_rtp_info(many).size(), 16U);
}

TEST(RtpInfo, what_is_written_is_read_back) {
  const std::vector<RtpInfo> tracks{{"rtsp://h/a", 7, 9, {}}, {"b", {}, {}, {}}};
  EXPECT_EQ(parse_rtp_info(serialise(tracks)), tracks);
}

TEST(Status, has_the_phrases_of_rtsp) {
  EXPECT_EQ(reason_phrase(454), "Session Not Found");
  EXPECT_EQ(reason_phrase(461), "Unsupported Transport");
  EXPECT_EQ(reason_phrase(999), "Unknown");
}

}  // namespace
}  // namespace camfleet::rtsp
