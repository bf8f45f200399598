#include "device/rtsp/client.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "device/testing/fake_camera.h"
#include "net/testing/run.h"
#include "net/within.h"
#include "proto/digest/server.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using testing::FakeCamera;
using testing::PlainPassword;
using testing::Recorder;
using testing::rtp_frame;
using testing::Talk;

const std::string kIdr("\x65\x88\x80\x01", 4), kSlice("\x61\x9a\x01\x02", 4);

std::string fixture(std::string_view name) { return testing::testdata("rtsp", name); }

// Answers each request with what a test put there for its method, the last of them for ever.
struct Server {
  std::map<std::string, std::deque<std::string>> answers;
  std::string media;          // sent behind the answer to PLAY
  bool media_first = false;   // in front of it
  bool repeat_media = false;  // over and over, until the client has gone
  std::vector<rtsp::Request> log;

  net::Task<> serve(Talk& talk, int) {
    for (;;) {
      auto request = co_await talk.request();
      if (!request) co_return;
      log.push_back(*request);
      auto& queue = answers[request->method];
      if (queue.empty()) {
        if (request->method == "TEARDOWN") co_await talk.send("RTSP/1.0 200 OK\r\n\r\n");
        if (request->method == "OPTIONS") co_await talk.send("RTSP/1.0 200 OK\r\n\r\n");
        continue;  // silence
      }
      auto answer = queue.front();
      if (queue.size() > 1) queue.pop_front();
      const bool playing = request->method == "PLAY" && answer.starts_with("RTSP/1.0 200");
      if (answer.empty()) co_return;  // closes
      if (playing && media_first)
        answer = media + answer;
      else if (playing)
        answer += media;
      co_await talk.send(answer);
      while (playing && repeat_media) {
        co_await net::sleep_for(10ms);
        co_await talk.send(media);
        if (!talk.stream().open()) co_return;
      }
    }
  }
  int count(std::string_view method) const {
    int n = 0;
    for (const auto& request : log) n += request.method == method ? 1 : 0;
    return n;
  }
  int with_credentials() const {
    int n = 0;
    for (const auto& request : log) n += request.headers.has("Authorization") ? 1 : 0;
    return n;
  }
};

constexpr std::string_view kSdp =
    "v=0\r\ns=test\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 "
    "H264/90000\r\na=control:trackID=1\r\n";

std::string description(std::string_view sdp = kSdp, std::string_view headers = {}) {
  return "RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + std::string(sdp);
}
const std::string kSetup =
    "RTSP/1.0 200 OK\r\nSession: 77;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n";
const std::string kPlay = "RTSP/1.0 200 OK\r\nSession: 77\r\n\r\n";

Server plain_server() {
  Server server;
  server.answers["DESCRIBE"] = {description()};
  server.answers["SETUP"] = {kSetup};
  server.answers["PLAY"] = {kPlay};
  server.media = rtp_frame(0, 96, true, 1, 3600, kIdr);
  return server;
}

struct Pull {
  explicit Pull(Server& server, std::size_t enough = 1, std::size_t slice = 0)
      : script(server),
        camera(
            loop.executor(), [this](Talk& talk, int n) { return script.serve(talk, n); }, slice),
        recorder(loop.executor(), enough) {
    target.guard = &testing::loopback_guard();
    target.url.scheme = "rtsp";
    target.url.host = "127.0.0.1";
    target.url.port = camera.port();
    target.url.target = "/Streaming/Channels/101";
    target.username = "admin";
    target.password = std::make_shared<PlainPassword>("secret");
  }
  net::testing::TestLoop loop;
  Server& script;
  FakeCamera camera;
  Recorder recorder;
  RtspTarget target;
  RtspLimits limits{.phase = 2s, .stall = 2s, .teardown = 1s};

  static net::Task<> play(RtspClient& client, Recorder& recorder, Error& why, bool& ended) {
    why = co_await client.play(recorder);
    ended = true;
    recorder.event.set();
  }
  static net::Task<Error> until_enough(Pull& pull, IntakeCounters* counters) {
    RtspClient client{pull.target, pull.limits};
    Error why;
    bool ended = false;
    {
      net::TaskGroup group{pull.loop.executor(), "pull"};
      group.spawn(play(client, pull.recorder, why, ended));
      (void)co_await pull.recorder.event.wait(std::chrono::steady_clock::now() + 8s);
      co_await group.stop();
    }
    if (counters != nullptr) *counters = client.counters();
    co_await pull.camera.stop();
    co_return why;
  }
  // Plays until there are enough packets, or it ends by itself; the reason of the latter.
  Error run(IntakeCounters* counters = nullptr) { return loop.run(until_enough(*this, counters)); }
};

// --- dialogues of real cameras -----------------------------------------------------------------------------

struct Dialogue {
  std::string name;
  std::string describe, setup_video, setup_audio, play;
  model::Codec video;
  std::optional<model::Codec> audio;
  std::string first_setup;  // path of the first SETUP
  std::uint8_t video_type = 96;
};

const std::string kOtherSetup =
    "RTSP/1.0 200 OK\r\nSession: 77\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n";

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
