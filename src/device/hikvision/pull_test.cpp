#include "device/hikvision/session.h"

#include <gtest/gtest.h>

#include "device/testing/hikvision_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::hikvision_rig;
using testing::FakeCamera;
using testing::PlainPassword;
using testing::Talk;

// --- streams -------------------------------------------------------------------------------------------

struct RtspSite {
  std::vector<std::string> log;
  bool refuses = false;
  net::Task<> serve(Talk& talk, int) {
    const auto description = testing::testdata("rtsp", "hikvision_describe.txt");
    const auto setup = testing::testdata("rtsp", "hikvision_setup.txt");
    const auto play = testing::testdata("rtsp", "hikvision_play.txt") +
                      testing::rtp_frame(0, 96, true, 1, 3600, "\x65\x88\x80");
    const std::string refused =
        "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n\r\n";
    const std::string fine = "RTSP/1.0 200 OK\r\n\r\n";
    for (;;) {
      auto request = co_await talk.request();
      if (!request) co_return;
      log.push_back(request->method + " " + request->url.substr(request->url.find('/', 8)) +
                    (request->headers.has("Authorization") ? " with login" : ""));
      if (refuses) {
        co_await talk.send(refused);
      } else if (request->method == "DESCRIBE") {
        co_await talk.send(description);
      } else if (request->method == "SETUP") {
        co_await talk.send(setup);
      } else if (request->method == "PLAY") {
        co_await talk.send(play);
        co_return;
      } else {
        co_await talk.send(fine);
      }
    }
  }
};

net::Task<Error> pull_one(Device& device, std::uint16_t channel, testing::Recorder& recorder) {
  co_return co_await device.session->pull(channel, model::Profile::sub, recorder);
}

TEST(HikvisionPull, a_stream_is_asked_for_by_channel_and_profile) {
  auto site = camera_site();
  RtspSite rtsp;
  Device device{site};
  FakeCamera streams{device.loop.executor(), [&](Talk& talk, int n) { return rtsp.serve(talk, n); }};
  device.target.spec.rtsp_port = streams.port();
  ASSERT_FALSE(device.open());
  testing::Recorder recorder{device.loop.executor()};
  EXPECT_EQ(device.loop.run(pull_one(device, 1, recorder)).code, Code::net_closed);
  EXPECT_EQ(rtsp.log.at(0), "DESCRIBE /Streaming/Channels/102");
  EXPECT_EQ(recorder.packets.size(), 1U);
  EXPECT_EQ(device.loop.run(pull_one(device, 7, recorder)).code, Code::device_no_channel);
  device.loop.run(streams.stop());
}

TEST(HikvisionPull, a_refused_login_is_not_tried_again_by_the_next_pull) {
  auto site = camera_site();
  RtspSite rtsp{.refuses = true};
  Device device{site};
  FakeCamera streams{device.loop.executor(), [&](Talk& talk, int n) { return rtsp.serve(talk, n); }};
  device.target.spec.rtsp_port = streams.port();
  ASSERT_FALSE(device.open());
  testing::Recorder recorder{device.loop.executor()};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(device.loop.run(pull_one(device, 1, recorder)).code, Code::device_bad_credentials);
  EXPECT_EQ(rtsp.log.size(), 2U) << "a question, and one answer";
  device.loop.run(streams.stop());
}

// --- pictures ------------------------------------------------------------------------------------------

net::Task<Result<model::Picture>> take(Device& device) {
  co_return co_await device.session->snapshot(1, model::Profile::main, std::chrono::steady_clock::now() + 2s);
}

TEST(HikvisionSnapshot, a_camera_gives_its_picture) {
  auto site = camera_site();
  site.answers["/ISAPI/Streaming/channels/101/picture"] = {answer(200, "\xFF\xD8 picture", "image/jpeg")};
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto picture = device.loop.run(take(device));
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->jpeg.size(), 10U);
}

TEST(HikvisionSnapshot, a_recorder_gives_it_by_its_proxy_and_is_asked_there_at_once_the_next_time) {
  auto site = camera_site();
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, fixture("deviceinfo-DS-7608NXI-I2.xml"))};
  site.answers["/ISAPI/Streaming/channels/101/picture"] = {answer(400, "")};
  site.answers["/ISAPI/ContentMgmt/StreamingProxy/channels/101/picture"] = {
      answer(200, "\xFF\xD8 picture", "image/jpeg")};
  Device device{site};
  ASSERT_FALSE(device.open());
  EXPECT_TRUE(device.loop.run(take(device)));
  EXPECT_TRUE(device.loop.run(take(device)));
  EXPECT_EQ(site.count("/ISAPI/Streaming/channels/101/picture"), 1);
}

TEST(HikvisionSnapshot, a_page_is_no_picture) {
  auto site = camera_site();
  site.answers["/ISAPI/Streaming/channels/101/picture"] = {answer(200, "<html>", "text/html")};
  Device device{site};
  ASSERT_FALSE(device.open());
  const auto picture = device.loop.run(take(device));
  ASSERT_FALSE(picture);
  EXPECT_EQ(picture.error().code, Code::device_unexpected_answer);
}

}  // namespace
}  // namespace camfleet::device
