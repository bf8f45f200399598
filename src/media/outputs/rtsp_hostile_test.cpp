// Viewers that ask oddly on purpose; the numbers are those of docs/bad-inputs.md.
#include <gtest/gtest.h>

#include "media/outputs/rtsp_server.h"
#include "media/testing/raw_client.h"
#include "media/testing/world.h"

namespace camfleet::media {
namespace {

using namespace testing;

constexpr std::string_view kUrl = "rtsp://127.0.0.1/live/cam/1/main";
constexpr std::string_view kTrack0 = "rtsp://127.0.0.1/live/cam/1/main/trackID=0";
constexpr std::string_view kTcp01 = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
constexpr std::string_view kGood = "Authorization: Basic dmlld2VyOmdvb2Q=\r\n";  // viewer:good

struct Server {
  Server() {
    RtspSettings settings;
    settings.sweep = 5ms;
    settings.wrong_token_delay = 1ms;
    server.emplace(world.loops, *world.hubs, world.gate, settings);
    at = *server->listen(net::Endpoint{net::asio::ip::address_v4::loopback(), 0});
  }
  ~Server() { server->stop_and_wait(); }
  World world;
  std::optional<RtspServer> server;
  net::Endpoint at;
};

// Row 37: a token goes in Basic or in the address; no other scheme is offered, and none is judged.
TEST(HostileViewer, digest_answers_are_no_tokens) {
  Server server;
  const std::string digest =
      "Digest username=\"viewer\", realm=\"camfleet\", nonce=\"1\", uri=\"*\", response=\"" +
      std::string(32, 'a') + "\"";
  for (const auto& value :
       {digest, digest + ", qop=auth, nc=00000001, cnonce=\"x\"", digest + ", algorithm=MD5-sess",
        std::string("Digest"), std::string("Digest username=\"a\\\"b\xC3\xA9\""), std::string("Bearer good"),
        std::string("Basic"), std::string("Basic !!!"), std::string("Basic dmlld2Vy"),
        std::string("NTLM x")}) {
    RtspClient client{server.at};
    EXPECT_EQ(client.ask("DESCRIBE", kUrl, "Authorization: " + value + "\r\n"), 401) << value;
    EXPECT_EQ(client.last.headers.all("WWW-Authenticate"),
              (std::vector<std::string_view>{"Basic realm=\"camfleet\""}));
    EXPECT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200) << "and the right one plays all the same";
  }
  RtspClient two{server.at};
  EXPECT_EQ(two.ask("DESCRIBE", kUrl, std::string(kGood) + "Authorization: " + digest + "\r\n"), 400);
}

// Row 49: what was negotiated with the camera's old description does not play its new one.
TEST(HostileViewer, a_camera_that_comes_back_with_another_codec_is_described_anew) {
  Server server;
  RtspClient client{server.at};
  ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
  EXPECT_NE(client.last.body.find("H264/90000"), std::string::npos);
  ASSERT_EQ(client.ask("SETUP", kTrack0, kTcp01), 200);
  const std::string session = "Session: " + client.session() + "\r\n";

  server.world.source.stop(key_of("cam"), Code::net_reset);
  ASSERT_TRUE(eventually([&] { return server.world.source.active() == 0; }));
  server.world.source.info.tracks[0].codec = model::Codec::h265;
  server.world.source.info.tracks[0].encoding = "H265";
  RtspClient other{server.at};
  ASSERT_EQ(other.ask("DESCRIBE", kUrl, kGood), 200) << "the stream is pulled again";
  EXPECT_NE(other.last.body.find("H265/90000"), std::string::npos);

  EXPECT_NE(client.ask("PLAY", kUrl, session), 200);
  EXPECT_NE(client.last.body.find("media.ended"), std::string::npos) << client.last.body;
  ASSERT_EQ(client.ask("DESCRIBE", kUrl), 200);
  EXPECT_NE(client.last.body.find("H265/90000"), std::string::npos);
}

// Rows 25 and 27: hundreds of requests of any order on one connection, each answered once, and no track set
// up twice.
TEST(HostileViewer, requests_in_any_order_have_one_answer_each) {
  Server server;
  RtspClient client{server.at};
  ASSERT_EQ(client.ask("DESCRIBE", kUrl, kGood), 200);
  ASSERT_EQ(client.ask("SETUP", kTrack0, kTcp01), 200);
  const std::string session = "Session: " + client.session() + "\r\n";
  int set_up = 0;
  for (int i = 0; i < 200; ++i) {
    static constexpr const char* kMethods[] = {"SETUP", "PLAY",   "PAUSE", "SETUP",
                                               "PLAY",  "RECORD", "PAUSE", "ANNOUNCE"};
    const std::string method = kMethods[i % 8];
    const int status = client.ask(method, method == "SETUP" ? kTrack0 : kUrl, session + std::string(kTcp01));
    EXPECT_NE(status, 0);
    set_up += method == "SETUP" && status == 200 ? 1 : 0;
  }
  EXPECT_EQ(set_up, 0);
  EXPECT_EQ(client.ask("TEARDOWN", kUrl, session), 200);
}

}  // namespace
}  // namespace camfleet::media
