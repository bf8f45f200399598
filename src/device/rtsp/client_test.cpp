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

TEST(RtspClient, the_captured_udp_answer_of_h264dvr_is_no_transport_of_ours) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {fixture("h264dvr_describe.txt")};
  server.answers["SETUP"] = {fixture("h264dvr_setup_video.txt")};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::rtsp_no_transport);
}

TEST(RtspClient, a_description_brings_its_parameter_sets_and_audio_config) {
  Server server = plain_server();
  server.answers["DESCRIBE"] = {fixture("reolink_describe.txt")};
  server.answers["SETUP"] = {kSetup, kOtherSetup};
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  const auto& tracks = pull.recorder.info.tracks;
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].sps.size(), 10U);
  EXPECT_EQ(tracks[0].pps.size(), 4U);
  EXPECT_EQ(tracks[0].clock_rate, 90'000U);
  EXPECT_EQ(tracks[1].audio_config, (Bytes{0x14, 0x08}));
  EXPECT_EQ(tracks[1].clock_rate, 16'000U);
  EXPECT_EQ(tracks[1].media, model::Media::audio);
}

TEST(RtspClient, back_channels_and_metadata_are_not_set_up) {
  Server server = plain_server();
  server.answers["DESCRIBE"] = {description(testing::testdata("rtsp", "sdp/reolink-backchannel.sdp"))};
  server.answers["SETUP"] = {kSetup, kOtherSetup};
  server.media = rtp_frame(0, 96, true, 1, 3600, kIdr);
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(server.count("SETUP"), 2);
  EXPECT_EQ(pull.recorder.info.tracks.size(), 2U);
}

// --- what devices do to us ---------------------------------------------------------------------------------

TEST(RtspClient, channels_of_the_answer_win_over_those_that_we_asked_for) {
  auto server = plain_server();
  server.answers["SETUP"] = {
      "RTSP/1.0 200 OK\r\nSession: 77\r\nTransport: RTP/AVP/TCP;unicast;interleaved=8-9\r\n\r\n"};
  server.media = rtp_frame(8, 96, true, 1, 3600, kIdr);
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.packets.at(0).framed()[1], 0);
}

TEST(RtspClient, packets_in_front_of_the_answer_to_play_count) {
  auto server = plain_server();
  server.media_first = true;
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.packets.size(), 1U);
}

TEST(RtspClient, answers_with_a_wrong_number_are_taken_by_order) {
  auto server = plain_server();
  for (auto& [method, answers] : server.answers)
    for (auto& answer : answers) answer.insert(answer.find("\r\n") + 2, "CSeq: 4294967295\r\n");
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.packets.size(), 1U);
}

TEST(RtspClient, an_answer_that_comes_twice_answers_once) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {"RTSP/1.0 200 OK\r\nCSeq: 1\r\n" + description().substr(17) +
                                "RTSP/1.0 200 OK\r\nCSeq: 1\r\n" + description().substr(17)};
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.packets.size(), 1U);
}

TEST(RtspClient, a_wrong_password_is_sent_exactly_once) {
  auto server = plain_server();
  const std::string refused =
      "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"IP Camera(51289)\", nonce=\"a1\", "
      "stale=\"FALSE\"\r\nWWW-Authenticate: Basic realm=\"IP Camera(51289)\"\r\n\r\n";
  server.answers["DESCRIBE"] = {refused};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::device_bad_credentials);
  EXPECT_EQ(server.with_credentials(), 1);
  EXPECT_EQ(pull.camera.connections(), 1);
}

TEST(RtspClient, the_challenge_of_longse_is_answered) {
  auto server = plain_server();
  server.answers["DESCRIBE"].push_front(fixture("longse_unauthorized.txt"));
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_TRUE(
      server.log.at(1).headers.get("Authorization").value_or("").starts_with("Digest username=\"admin\""));
  // SETUP and PLAY answer the same nonce at once.
  EXPECT_EQ(server.count("SETUP"), 1);
}

TEST(RtspClient, a_camera_that_closes_behind_its_challenge_is_dialled_again) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {
      "RTSP/1.0 401 Unauthorized\r\nConnection: close\r\nWWW-Authenticate: Digest realm=\"r\", "
      "nonce=\"n\"\r\n\r\n",
      "", description()};
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.camera.connections(), 2);
  EXPECT_EQ(pull.recorder.packets.size(), 1U);
}

TEST(RtspClient, a_second_track_on_the_channels_of_the_first_does_not_take_its_packets) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {
      description(std::string(kSdp) + "m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n")};
  server.media = rtp_frame(0, 96, true, 1, 3600, kIdr) + rtp_frame(2, 8, true, 1, 160, "sound");
  Pull pull{server, 2};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(server.count("SETUP"), 2);
  ASSERT_EQ(pull.recorder.packets.size(), 2U);
  EXPECT_EQ(pull.recorder.packets[0].track, 0);
  EXPECT_TRUE(pull.recorder.packets[0].key_start);
  EXPECT_EQ(pull.recorder.packets[1].track, 1);
}

TEST(RtspClient, a_stale_nonce_is_repeated_free_of_charge) {
  auto server = plain_server();
  const auto challenge = [](std::string nonce, std::string stale) {
    return "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"" + nonce +
           "\", stale=\"" + stale + "\"\r\n\r\n";
  };
  server.answers["DESCRIBE"] = {challenge("n1", "FALSE"), description()};
  server.answers["SETUP"] = {challenge("n2", "TRUE"), kSetup};
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(server.count("SETUP"), 2);
}

TEST(RtspClient, stale_for_ever_is_not_followed_for_ever) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {
      "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
      "stale=\"TRUE\"\r\n\r\n"};
  Pull pull{server};
  EXPECT_TRUE(pull.run());
  EXPECT_LE(server.with_credentials(), 2);
}

TEST(RtspClient, basic_over_plain_text_is_refused) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n"};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::digest_basic_refused);
  EXPECT_EQ(server.with_credentials(), 0);
}

TEST(RtspClient, refusals_have_their_own_codes) {
  const std::vector<std::pair<std::string, Code>> refusals = {
      {"404 Not Found", Code::device_no_channel},
      {"453 Not Enough Bandwidth", Code::device_sessions_full},
      {"503 Service Unavailable", Code::device_busy},
      {"403 Forbidden", Code::device_forbidden},
      {"500 Internal", Code::device_error},
      {"454 Session Not Found", Code::rtsp_refused},
      {"461 Unsupported", Code::rtsp_no_transport}};
  for (const auto& [line, code] : refusals) {
    auto server = plain_server();
    server.answers["PLAY"] = {"RTSP/1.0 " + line + "\r\nRetry-After: 7\r\n\r\n"};
    Pull pull{server};
    const auto why = pull.run();
    EXPECT_EQ(why.code, code) << line;
    if (code == Code::device_busy) {
      EXPECT_EQ(why.retry_after_s, 7);
    }
    EXPECT_EQ(server.count("TEARDOWN"), 1) << "the session was set up";
  }
}

TEST(RtspClient, a_redirect_is_followed_to_the_same_host_only_and_three_times_at_most) {
  auto server = plain_server();
  Pull pull{server};
  const auto to = [&](std::string host) {
    return "RTSP/1.0 302 Moved\r\nLocation: rtsp://" + host + ":" + std::to_string(pull.camera.port()) +
           "/new\r\n\r\n";
  };
  server.answers["DESCRIBE"].push_front(to("127.0.0.1"));
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(server.log.at(1).url, "rtsp://127.0.0.1:" + std::to_string(pull.camera.port()) + "/new");
  EXPECT_EQ(pull.camera.connections(), 2);

  auto loop_server = plain_server();
  Pull looped{loop_server};
  loop_server.answers["DESCRIBE"] = {"RTSP/1.0 301 Moved\r\nLocation: rtsp://127.0.0.1:" +
                                     std::to_string(looped.camera.port()) + "/\r\n\r\n"};
  EXPECT_EQ(looped.run().code, Code::rtsp_refused);
  EXPECT_EQ(looped.camera.connections(), 4);

  for (const std::string& foreign :
       std::vector<std::string>{"rtsp://169.254.169.254/", "http://127.0.0.1/", "rtsp://localhost/", ""}) {
    auto evil = plain_server();
    evil.answers["DESCRIBE"] = {"RTSP/1.0 302 Moved\r\nLocation: " + foreign + "\r\n\r\n"};
    Pull refused{evil};
    EXPECT_EQ(refused.run().code, Code::rtsp_foreign_url) << foreign;
  }
}

TEST(RtspClient, a_control_that_is_no_rtsp_address_is_refused) {
  for (const std::string& control : std::vector<std::string>{"file:///etc/passwd", "http://127.0.0.1/x"}) {
    auto server = plain_server();
    auto sdp = std::string(kSdp);
    sdp.replace(sdp.find("trackID=1"), 9, control);
    server.answers["DESCRIBE"] = {description(sdp)};
    Pull pull{server};
    EXPECT_EQ(pull.run().code, Code::rtsp_foreign_url) << control;
  }
}

TEST(RtspClient, a_stream_without_video_says_so) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {
      description("v=0\r\nm=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n")};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::media_no_video);
}

TEST(RtspClient, a_refused_audio_track_does_not_cost_the_picture) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {fixture("reolink_describe.txt")};
  server.answers["SETUP"] = {kSetup, "RTSP/1.0 461 Unsupported Transport\r\n\r\n"};
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.info.tracks.size(), 1U);
}

TEST(RtspClient, sound_alone_is_a_stream_and_a_refusal_of_it_an_error) {
  auto server = plain_server();
  server.answers["DESCRIBE"] = {description("v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:trackID=1\r\n")};
  server.media = rtp_frame(0, 8, true, 1, 160, std::string(160, '\x55'));
  {
    Pull pull{server};
    EXPECT_FALSE(pull.run());
    ASSERT_EQ(pull.recorder.info.tracks.size(), 1U);
    EXPECT_EQ(pull.recorder.info.tracks[0].codec, model::Codec::pcma);
    ASSERT_EQ(pull.recorder.packets.size(), 1U);
    EXPECT_FALSE(pull.recorder.packets[0].key_start);
  }
  server.answers["SETUP"] = {"RTSP/1.0 461 Unsupported Transport\r\n\r\n"};
  Pull refused{server};
  EXPECT_EQ(refused.run().code, Code::rtsp_no_transport);
}

TEST(RtspClient, requests_of_the_device_are_answered_and_a_foreign_redirect_is_not_followed) {
  auto server = plain_server();
  server.media =
      "OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nANNOUNCE rtsp://x/ RTSP/1.0\r\nCSeq: 10\r\n\r\n"
      "REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 11\r\nLocation: rtsp://10.9.9.9/\r\n\r\n" +
      rtp_frame(0, 96, true, 1, 3600, kIdr);
  Pull pull{server};
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.recorder.packets.size(), 1U);
}

TEST(RtspClient, silence_is_a_stall_even_while_keep_alives_are_answered) {
  auto server = plain_server();
  Pull pull{server, 100};
  pull.limits.stall = 150ms;
  pull.limits.keep_alive = 20ms;
  EXPECT_EQ(pull.run().code, Code::media_stalled);
  EXPECT_GE(server.count("OPTIONS"), 2);
  EXPECT_EQ(server.count("TEARDOWN"), 1);
}

TEST(RtspClient, unanswered_keep_alives_do_not_stop_a_picture_that_flows) {
  auto server = plain_server();
  server.repeat_media = true;  // reads nothing any more, so no keep-alive is ever answered
  Pull pull{server, 40};
  pull.limits.stall = 200ms;
  pull.limits.keep_alive = 20ms;
  pull.limits.teardown = 50ms;
  EXPECT_FALSE(pull.run());
  EXPECT_GE(pull.recorder.packets.size(), 40U);
}

TEST(RtspClient, a_keep_alive_uses_what_the_device_lists) {
  auto server = plain_server();
  server.answers["OPTIONS"] = {fixture("dahua_options.txt")};
  Pull pull{server, 100};
  pull.limits.stall = 200ms;
  pull.limits.keep_alive = 20ms;
  EXPECT_TRUE(pull.run());
  EXPECT_EQ(server.count("OPTIONS"), 1);
  EXPECT_GE(server.count("SET_PARAMETER"), 1);
}

TEST(RtspClient, each_phase_ends_in_time) {
  for (const std::string& silent : std::vector<std::string>{"DESCRIBE", "SETUP", "PLAY"}) {
    auto server = plain_server();
    server.answers[silent] = {};
    Pull pull{server};
    pull.limits.phase = 100ms;
    const auto why = pull.run();
    EXPECT_EQ(why.code, Code::net_timeout) << silent;
    EXPECT_NE(why.place.find(silent), std::string::npos) << why.place;
  }
}

net::Task<> dribble(Talk& talk, int) {
  (void)co_await talk.request();
  for (;;) {
    co_await talk.send("R");
    co_await net::sleep_for(5ms);
    if (!talk.stream().open()) co_return;
  }
}

TEST(RtspClient, bytes_that_dribble_do_not_prolong_a_phase) {
  auto unused = plain_server();
  Pull pull{unused};
  FakeCamera slow{pull.loop.executor(), [](Talk& talk, int n) { return dribble(talk, n); }};
  pull.target.url.port = slow.port();
  pull.limits.phase = 150ms;
  EXPECT_EQ(pull.run().code, Code::net_timeout);
  pull.loop.run(slow.stop());
}

TEST(RtspClient, a_camera_that_closes_is_an_ended_stream) {
  auto server = plain_server();
  server.answers["PLAY"] = {""};
  Pull pull{server};
  EXPECT_EQ(pull.run().code, Code::net_closed);
}

TEST(RtspClient, an_address_outside_the_allowed_networks_is_not_dialled) {
  auto server = plain_server();
  Pull pull{server};
  const net::AddressGuard strict;
  pull.target.guard = &strict;
  EXPECT_EQ(pull.run().code, Code::net_forbidden_address);
  EXPECT_EQ(pull.camera.connections(), 0);
}

TEST(RtspClient, cancelled_in_any_phase_it_says_goodbye_where_there_is_a_session) {
  for (const std::string& silent : std::vector<std::string>{"DESCRIBE", "SETUP", "PLAY", "TEARDOWN"}) {
    auto server = plain_server();
    if (silent != "TEARDOWN") server.answers[silent] = {};
    Pull pull{server, 1};
    pull.limits.phase = 5s;
    pull.limits.teardown = 100ms;
    // Rings when the request that is never answered has arrived.
    if (silent != "TEARDOWN") {
      struct Watch {
        static net::Task<> run(Server& server, Recorder& recorder, std::string method) {
          while (server.count(method) == 0) co_await net::sleep_for(1ms);
          recorder.event.set();
        }
      };
      net::TaskGroup watch{pull.loop.executor(), "watch"};
      watch.spawn(Watch::run(server, pull.recorder, silent));
      EXPECT_FALSE(pull.run()) << silent;
      pull.loop.run(watch.stop());
    } else {
      EXPECT_FALSE(pull.run()) << silent;
    }
    EXPECT_EQ(server.count("TEARDOWN"), silent == "PLAY" || silent == "TEARDOWN" ? 1 : 0) << silent;
  }
}

TEST(RtspClient, sha256_and_md5_logins_are_accepted_by_a_checking_server) {
  for (const bool sha : {false, true}) {
    struct Checking {
      digest::Server login;
      Server& inner;
      int wrong = 0;
      net::Task<> serve(Talk& talk, int) {
        for (;;) {
          auto request = co_await talk.request();
          if (!request) co_return;
          const auto sent = std::string(request->headers.get("Authorization").value_or(""));
          const auto outcome = login.check(sent, request->method, request->url, "admin", "secret", 5ms);
          if (outcome == digest::Server::Outcome::ok) {
            auto answer = inner.answers[request->method];
            std::string text = "RTSP/1.0 200 OK\r\n\r\n";
            if (!answer.empty()) text = answer.front();
            if (request->method == "PLAY") text += inner.media;
            co_await talk.send(text);
            continue;
          }
          wrong += outcome == digest::Server::Outcome::wrong ? 1 : 0;
          std::string refusal = "RTSP/1.0 401 Unauthorized\r\n";
          for (const auto& challenge : login.challenges(5ms))
            refusal += "WWW-Authenticate: " + challenge + "\r\n";
          refusal += "\r\n";
          co_await talk.send(refusal);
        }
      }
    };
    auto server = plain_server();
    digest::Server::Options options;
    options.realm = "IP Camera(51289)";
    options.sha256 = sha;
    options.md5 = !sha;
    options.qop = sha;
    Checking checking{digest::Server{options, 7}, server};
    Pull pull{server};
    FakeCamera camera{pull.loop.executor(), [&](Talk& talk, int n) { return checking.serve(talk, n); }};
    pull.target.url.port = camera.port();
    EXPECT_FALSE(pull.run()) << sha;
    EXPECT_EQ(pull.recorder.packets.size(), 1U);
    EXPECT_EQ(checking.wrong, 0);
    pull.loop.run(camera.stop());
  }
}

}  // namespace
}  // namespace camfleet::device
