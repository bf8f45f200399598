#include <gtest/gtest.h>

#include "media/outputs/rtsp_server.h"
#include "media/testing/raw_client.h"
#include "media/testing/udp_ports.h"
#include "media/testing/world.h"
#include "proto/rtp/rtcp.h"
#include "proto/rtsp/transport.h"

namespace camfleet::media {
namespace {

using namespace testing;

constexpr std::string_view kUrl = "rtsp://127.0.0.1/live/cam/1/main";
constexpr std::string_view kTrack0 = "rtsp://127.0.0.1/live/cam/1/main/trackID=0";
constexpr std::string_view kTcp01 = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
constexpr std::string_view kGood = "Authorization: Basic dmlld2VyOmdvb2Q=\r\n";  // viewer:good

struct UdpServer {
  explicit UdpServer(std::chrono::milliseconds idle = 60s, Settings media = quick_settings(),
                     net::PortRange range = {})
      : ports(range),
        world(media, FakeVideo::info()),
        server(world.loops, *world.hubs, world.gate, settings_of(idle, ports)) {
    at = *server.listen(net::Endpoint{net::asio::ip::address_v4::loopback(), 0});
  }
  ~UdpServer() { server.stop_and_wait(); }
  static RtspSettings settings_of(std::chrono::milliseconds idle, net::DatagramPairs& ports) {
    RtspSettings settings;
    settings.sweep = 5ms;
    settings.idle_timeout = idle;
    settings.udp = &ports;
    return settings;
  }
  void publish(const std::function<void(model::Publisher&)>& fn) { world.source.publish(key_of("cam"), fn); }
  std::uint32_t viewers() const { return world.hubs->stream(key_of("cam"))->viewers; }

  net::DatagramPairs ports;
  World world;
  RtspServer server;
  net::Endpoint at;
};

struct Viewer {
  explicit Viewer(const UdpServer& server, int receive_buffer = 0)
      : client(server.at), udp("127.0.0.1", receive_buffer) {}
  // As far as PLAY.
  void play() {
    ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
    ASSERT_EQ(client.ask("SETUP", kTrack0, udp.transport()), 200);
    const auto answer = rtsp::parse_transport(client.last.headers.get("Transport").value_or(""));
    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->server_port);
    EXPECT_EQ(answer->lower, rtsp::Transport::Lower::udp);
    EXPECT_EQ(answer->client_port->rtp, udp.ports[0]);
    server_port = *answer->server_port;
    session = "Session: " + client.session() + "\r\n";
    ASSERT_EQ(client.ask("PLAY", kUrl, session), 200);
  }
  void report() {
    Bytes bytes;
    rtp::write(bytes, rtp::ReceiverReport{.ssrc = 7, .blocks = {}});
    udp.send(bytes, server_port.rtcp);
  }
  RtspClient client;
  UdpPorts udp;
  rtsp::Pair server_port;
  std::string session;
};

TEST(rtsp_over_udp, a_viewer_gets_what_the_camera_sent_beside_one_on_tcp) {
  UdpServer server;
  Viewer viewer{server};
  viewer.play();
  RtspClient other{server.at};
  ASSERT_EQ(other.ask("DESCRIBE", kUrl, kGood), 200);
  ASSERT_EQ(other.ask("SETUP", kTrack0, kTcp01), 200);
  ASSERT_EQ(other.ask("PLAY", kUrl, "Session: " + other.session() + "\r\n"), 200);
  FakeVideo video;
  server.publish([&](model::Publisher& to) {
    for (int i = 0; i < 5; ++i) publish(to, video.frame());
    to.packet(rtcp_packet(0));
    to.flush();
  });
  FakeVideo expected;
  for (int i = 0; i < 5; ++i) {
    for (const auto& packet : expected.frame()) {
      EXPECT_EQ(viewer.udp.rtp(), as_text(packet.rtp()));
      EXPECT_EQ(viewer.udp.from, viewer.server_port.rtp);
      EXPECT_EQ(other.frame()->payload, as_text(packet.rtp()));
    }
  }
  EXPECT_EQ(viewer.udp.rtcp(), as_text(rtcp_packet(0).rtp())) << "sender reports come to their own port";
  EXPECT_EQ(viewer.udp.from, viewer.server_port.rtcp);
  EXPECT_EQ(server.viewers(), 2U);
  EXPECT_EQ(viewer.client.ask("TEARDOWN", kUrl, viewer.session), 200);
  EXPECT_TRUE(eventually([&] { return server.viewers() == 1; }));
}

TEST(rtsp_over_udp, many_viewers_share_two_sockets) {
  UdpServer server;
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (int i = 0; i < 10; ++i) {
    viewers.push_back(std::make_unique<Viewer>(server));
    viewers.back()->play();
    EXPECT_EQ(viewers.back()->server_port, viewers.front()->server_port);
  }
  EXPECT_EQ(server.ports.taken(), 1U);
  FakeVideo video;
  server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  for (const auto& viewer : viewers)
    for (const auto& packet : FakeVideo{}.frame()) EXPECT_EQ(viewer->udp.rtp(), as_text(packet.rtp()));
}

// Row 29 of the bad inputs.
TEST(rtsp_over_udp, packets_go_to_the_address_of_the_connection_and_nowhere_else) {
  UdpServer server;
  RtspClient client{server.at};
  ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
  std::string fifty = "Transport: RTP/AVP;unicast;client_port=4000-4001";
  for (int i = 1; i < 50; ++i) fifty += ",RTP/AVP/TCP;interleaved=0-1";
  for (const std::string& transport :
       {std::string("RTP/AVP;multicast"),
        std::string("RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001"),
        std::string("RTP/AVP;unicast;client_port=0-1"), std::string("RTP/AVP;unicast;client_port=22-23"),
        std::string("RTP/AVP;unicast;client_port=65535-65536"),
        std::string("RTP/AVP;client_port=65536-65537"), std::string("RTP/AVP;unicast;client_port=5000-22"),
        std::string("RTP/AVP;unicast;client_port=5000-5000"),
        std::string("RTP/AVP;unicast;destination=10.0.0.9;client_port=5000-5001"),
        std::string("RTP/AVP;unicast;destination=127.0.0.2;client_port=5000-5001"),
        std::string("RTP/AVP;unicast;destination=localhost;client_port=5000-5001"),
        std::string("RTP/SAVP;unicast;client_port=5000-5001"), std::string("RTP/AVP;unicast"),
        std::string("RTP/AVP;unicast;client_port=5000-5001;mode=record")})
    EXPECT_EQ(client.ask("SETUP", kTrack0, "Transport: " + transport + "\r\n"), 461) << transport;
  EXPECT_EQ(client.ask("SETUP", kTrack0, fifty + "\r\n"), 461);
  EXPECT_EQ(server.ports.taken(), 0U) << "for none of these a socket was made";
  EXPECT_EQ(client.ask(
                "SETUP", kTrack0,
                "Transport: RTP/AVP;unicast;destination=127.0.0.1;source=10.0.0.1;client_port=5000-5001\r\n"),
            200)
      << "its own address is where they would go anyhow";
  EXPECT_EQ(client.last.headers.get("Transport").value_or("").find("10.0.0.1"), std::string_view::npos);
}

TEST(rtsp_over_udp, all_tracks_of_a_session_go_the_same_way) {
  auto info = FakeVideo::info();
  info.tracks.push_back(info.tracks[0]);
  UdpServer server;
  server.world.source.info = info;
  constexpr std::string_view kTrack1 = "rtsp://127.0.0.1/live/cam/1/main/trackID=1";
  Viewer viewer{server};
  ASSERT_EQ(viewer.client.ask("DESCRIBE", kUrl, kGood), 200);
  ASSERT_EQ(viewer.client.ask("SETUP", kTrack0, viewer.udp.transport()), 200);
  const auto session = "Session: " + viewer.client.session() + "\r\n";
  EXPECT_EQ(viewer.client.ask("SETUP", kTrack1, session + std::string(kTcp01)), 461);
  UdpPorts more;
  EXPECT_EQ(viewer.client.ask("SETUP", kTrack1, session + more.transport()), 200);
  RtspClient other{server.at};
  ASSERT_EQ(other.ask("DESCRIBE", kUrl, kGood), 200);
  ASSERT_EQ(other.ask("SETUP", kTrack0, kTcp01), 200);
  EXPECT_EQ(other.ask("SETUP", kTrack1, "Session: " + other.session() + "\r\n" + more.transport()), 461);
}

// Row 40.
TEST(rtsp_over_udp, reports_count_only_from_the_viewers_own_port_and_goodbyes_not_at_all) {
  UdpServer server{400ms};
  Viewer kept{server};
  kept.play();
  Viewer silent{server};
  silent.play();
  UdpPorts stranger{"127.0.0.9"};
  UdpPorts neighbour;
  Bytes bye;
  rtp::write(bye, rtp::Bye{.ssrcs = {7}, .reason = "spoofed"});
  Bytes receiver;
  rtp::write(receiver, rtp::ReceiverReport{.ssrc = 7, .blocks = {}});
  const auto until = std::chrono::steady_clock::now() + 1200ms;
  bool silent_ended = false;
  while (std::chrono::steady_clock::now() < until || !silent_ended) {
    kept.report();
    stranger.send(receiver, silent.server_port.rtcp);
    neighbour.send(receiver, silent.server_port.rtcp);
    silent.udp.send(bye, silent.server_port.rtcp);
    kept.udp.send(bye, kept.server_port.rtcp);
    kept.udp.send({}, kept.server_port.rtcp);
    silent_ended = silent_ended || silent.client.ends(10ms);
    ASSERT_LT(std::chrono::steady_clock::now(), until + 10s);
  }
  EXPECT_EQ(server.viewers(), 1U) << "the one that reports goes on, without a request";
  FakeVideo video;
  server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  EXPECT_FALSE(kept.udp.rtp().empty());
}

TEST(rtsp_over_udp, a_flood_of_reports_delays_nobody) {
  UdpServer server;
  Viewer viewer{server};
  viewer.play();
  FakeVideo video;
  for (int i = 0; i < 20'000; ++i) viewer.report();
  server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  EXPECT_FALSE(viewer.udp.rtp().empty());
  EXPECT_EQ(viewer.client.ask("OPTIONS", kUrl, viewer.session), 200);
}

TEST(rtsp_over_udp, requests_keep_a_session_too_and_its_connection_ends_it) {
  UdpServer server{300ms};
  Viewer viewer{server};
  viewer.play();
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(viewer.client.ask("GET_PARAMETER", kUrl, viewer.session), 200);
    viewer.udp.rtp(10ms);
  }
  EXPECT_EQ(server.viewers(), 1U);
  EXPECT_TRUE(viewer.client.ends()) << "and without them it ends";
  EXPECT_TRUE(eventually([&] { return server.world.source.active() == 0; }));
}

// A viewer begins with a whole group of pictures, larger than its socket holds at once.
TEST(rtsp_over_udp, a_large_group_of_pictures_is_paced_so_that_it_arrives_whole) {
  UdpServer server;
  RtspClient other{server.at};
  ASSERT_EQ(other.ask("DESCRIBE", kUrl, kGood), 200);
  FakeVideo video{1000, 10, 1400};
  for (int i = 0; i < 150; ++i) server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  Viewer viewer{server, 3 << 19};  // holds some 1,350 of the 1,500 packets
  viewer.play();
  std::vector<std::string> got;
  got.reserve(2'000);
  for (std::string packet = viewer.udp.rtp(); !packet.empty(); packet = viewer.udp.rtp(300ms))
    got.push_back(std::move(packet));
  ASSERT_EQ(got.size(), 1500U) << "2.1 MB";
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_EQ(load16(as_bytes(got[i]).data() + 2), static_cast<std::uint16_t>(65'500 + i));
}

TEST(rtsp_over_udp, packets_longer_than_a_datagram_are_dropped_and_others_are_not) {
  UdpServer server;
  Viewer viewer{server};
  viewer.play();
  server.publish([&](model::Publisher& to) {
    auto small = rtp_packet(0, 1, 9, false, Bytes(100, 1));
    small.key_start = true;
    to.packet(std::move(small));
    to.packet(rtp_packet(0, 2, 9, false, Bytes(10'000, 2)));  // TP-Link; fragmented by the system
    to.packet(rtp_packet(0, 3, 9, false, Bytes(65'500, 3)));
    to.packet(rtp_packet(0, 4, 9, true, Bytes(100, 4)));
    to.flush();
  });
  EXPECT_EQ(viewer.udp.rtp().size(), 112U);
  EXPECT_EQ(viewer.udp.rtp().size(), 10'012U);
  EXPECT_EQ(viewer.udp.rtp().back(), '\x04');
  EXPECT_EQ(server.world.hubs->stream(key_of("cam"))->dropped, 1U);
}

TEST(rtsp_over_udp, a_viewer_whose_ports_nobody_listens_on_disturbs_nobody) {
  UdpServer server;
  Viewer viewer{server};
  RtspClient gone{server.at};
  {
    UdpPorts closed;
    ASSERT_EQ(gone.ask("DESCRIBE", kUrl, kGood), 200);
    ASSERT_EQ(gone.ask("SETUP", kTrack0, closed.transport()), 200);
  }
  ASSERT_EQ(gone.ask("PLAY", kUrl, "Session: " + gone.session() + "\r\n"), 200);
  viewer.play();
  FakeVideo video, expected;
  for (int i = 0; i < 10; ++i) {
    server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
    for (const auto& packet : expected.frame()) ASSERT_EQ(viewer.udp.rtp(), as_text(packet.rtp()));
  }
  EXPECT_EQ(server.viewers(), 2U);
}

TEST(rtsp_over_udp, pause_and_play_again) {
  UdpServer server;
  Viewer viewer{server};
  viewer.play();
  FakeVideo video;
  server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(viewer.udp.rtp().empty());
  EXPECT_EQ(viewer.client.ask("PAUSE", kUrl, viewer.session), 200);
  server.publish([&](model::Publisher& to) { publish(to, video.frame()); });
  EXPECT_TRUE(viewer.udp.rtp(50ms).empty());
  EXPECT_EQ(viewer.client.ask("PLAY", kUrl, viewer.session), 200);
  EXPECT_FALSE(viewer.udp.rtp().empty()) << "from the newest key frame on";
}

TEST(rtsp_over_udp, the_sockets_end_with_the_server) {
  UdpServer server;
  Viewer viewer{server};
  viewer.play();
  EXPECT_EQ(server.ports.taken(), 1U);
  server.server.stop_and_wait();
  EXPECT_EQ(server.ports.taken(), 0U);
}

}  // namespace
}  // namespace camfleet::media
