#include "device/rtsp/driver.h"

#include <gtest/gtest.h>

#include "device/testing/fake_camera.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using testing::FakeCamera;
using testing::Talk;

// Describes itself as a Reolink; closes the connection behind every OPTIONS where asked to.
struct Server {
  bool closes_idle = false;
  bool dead = false;
  int options = 0;

  net::Task<> serve(Talk& talk, int) {
    const auto description = testing::testdata("rtsp", "reolink_describe.txt");
    const std::string fine = "RTSP/1.0 200 OK\r\nSession: 5\r\n\r\n";
    for (;;) {
      auto request = co_await talk.request();
      if (!request || dead) co_return;
      if (request->method == "DESCRIBE") {
        co_await talk.send(description);
      } else {
        co_await talk.send(fine);
      }
      if (request->method == "OPTIONS") ++options;
      if (closes_idle) co_return;
    }
  }
};

struct Heard : model::SessionObserver {
  void heard() override { ++times; }
  void impaired(Error) override {}
  void restored(Code) override {}
  void event(model::Event) override {}
  int times = 0;
};

struct Rig {
  explicit Rig(Server& server)
      : camera(loop.executor(), [&server](Talk& talk, int n) { return server.serve(talk, n); }) {
    target.guard = &testing::loopback_guard();
    target.spec.url = "rtsp://127.0.0.1:" + std::to_string(camera.port()) + "/h264Preview_01_main";
    options.heartbeat = 10ms;
    options.limits.phase = 300ms;
  }
  static net::Task<Result<std::shared_ptr<model::Session>>> open_task(Rig& rig) {
    RtspDriver driver{rig.options};
    co_return co_await driver.open(rig.target, std::chrono::steady_clock::now() + 2s);
  }
  static net::Task<> keep(model::Session& session, Heard& heard, Error& why) {
    why = co_await session.run(heard);
  }
  static net::Task<Error> run_task(Rig& rig, model::Session& session, std::chrono::milliseconds how_long) {
    Error why;
    net::TaskGroup group{rig.loop.executor(), "session"};
    group.spawn(keep(session, rig.heard, why));
    const auto until = std::chrono::steady_clock::now() + how_long;
    while (!why && std::chrono::steady_clock::now() < until) co_await net::sleep_for(5ms);
    co_await group.stop();
    co_return why;
  }
  net::testing::TestLoop loop;
  FakeCamera camera;
  model::DeviceTarget target;
  RtspDriverOptions options;
  Heard heard;
  ~Rig() { loop.run(camera.stop()); }
};

TEST(RtspDriver, the_description_says_what_the_device_is) {
  Server server;
  Rig rig{server};
  auto session = rig.loop.run(Rig::open_task(rig));
  ASSERT_TRUE(session) << session.error().text();
  const auto& facts = (*session)->facts();
  EXPECT_EQ(facts.kind, "rtsp");
  EXPECT_EQ(facts.model, "Session streamed by \"preview\"");
  ASSERT_EQ(facts.channels.size(), 1U);
  EXPECT_EQ(facts.channels[0].profiles.at(0).codec, model::Codec::h264);
  EXPECT_EQ(facts.channels[0].profiles.at(0).width, 2560);
}

TEST(RtspDriver, a_server_that_closes_idle_connections_stays_online) {
  Server server{.closes_idle = true};
  Rig rig{server};
  auto session = rig.loop.run(Rig::open_task(rig));
  ASSERT_TRUE(session);
  EXPECT_FALSE(rig.loop.run(Rig::run_task(rig, **session, 200ms)));
  EXPECT_GE(server.options, 3);
  EXPECT_GE(rig.heard.times, 3);
}

TEST(RtspDriver, a_server_that_is_gone_ends_the_session) {
  Server server;
  Rig rig{server};
  auto session = rig.loop.run(Rig::open_task(rig));
  ASSERT_TRUE(session);
  server.dead = true;
  EXPECT_EQ(rig.loop.run(Rig::run_task(rig, **session, 2s)).code, Code::net_closed);
}

TEST(RtspDriver, other_channels_and_schemes_are_refused) {
  Server server;
  Rig rig{server};
  auto session = rig.loop.run(Rig::open_task(rig));
  ASSERT_TRUE(session);
  testing::Recorder recorder{rig.loop.executor()};
  EXPECT_EQ(rig.loop.run((*session)->pull(2, model::Profile::main, recorder)).code, Code::device_no_channel);
  EXPECT_EQ(rig.loop.run((*session)->pull(1, model::Profile::sub, recorder)).code, Code::device_no_channel);
  rig.target.spec.url = "http://127.0.0.1/";
  EXPECT_EQ(rig.loop.run(Rig::open_task(rig)).error().code, Code::device_not_supported);
}

}  // namespace
}  // namespace camfleet::device
