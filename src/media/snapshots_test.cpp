#include "media/snapshots.h"

#include <gtest/gtest.h>

#include <future>

#include "media/key_picture.h"
#include "media/testing/world.h"

namespace camfleet::media {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// A device that makes pictures, or says why not.
struct Camera {
  std::atomic<int> asked{0};
  std::atomic<Code> refuses{Code::device_not_supported};
  std::atomic<int> delay_ms{0};
  Bytes jpeg;

  static net::Task<Result<model::Picture>> ask(Camera& camera, model::StreamKey, Deadline) {
    ++camera.asked;
    co_await net::sleep_for(std::chrono::milliseconds{camera.delay_ms.load()});
    if (const auto code = camera.refuses.load(); code != Code::ok) co_return fail(code, "camera");
    co_return model::Picture{camera.jpeg, system_clock().wall()};
  }
};

class SnapshotsTest : public ::testing::Test {
 protected:
  explicit SnapshotsTest(h26x::Codec codec = h26x::Codec::h264)
      : clip(codec), world(quick_settings(), TinyClip{codec}.info()) {
    SnapshotSettings settings;
    settings.limit = 2'000ms;
    settings.pool.of_one = 4;
    snapshots = std::make_unique<Snapshots>(
        world.loops, *world.hubs,
        [this](model::StreamKey key, Deadline deadline) {
          return Camera::ask(camera, std::move(key), deadline);
        },
        settings);
  }
  ~SnapshotsTest() override { snapshots->stop_and_wait(); }

  static net::Task<> keep(net::Task<Result<SnapshotPtr>> task, std::optional<Result<SnapshotPtr>>& out) {
    out.emplace(co_await std::move(task));
  }
  Result<SnapshotPtr> take(const char* stream = "gate-7", PictureBox box = {}, const char* who = "ada") {
    std::optional<Result<SnapshotPtr>> out;
    net::block_on(world.loops.at(0).executor(), keep(snapshots->take(key_of(stream), box, who), out));
    return std::move(*out);
  }
  void send(const char* stream = "gate-7") {
    world.source.publish(key_of(stream), [&](model::Publisher& to) { publish(to, clip.frame()); });
  }

  TinyClip clip;
  Camera camera;
  World world;
  std::unique_ptr<Snapshots> snapshots;
};
class SnapshotsH265Test : public SnapshotsTest {
 protected:
  SnapshotsH265Test() : SnapshotsTest(h26x::Codec::h265) {}
};

TEST_F(SnapshotsTest, the_newest_key_picture_of_a_hub_needs_no_camera_and_is_decoded_once) {
  ASSERT_EQ(world.open("gate-7"), Code::ok);
  send();
  send();
  const auto first = take();
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ((*first)->source, Snapshot::Source::hub);
  EXPECT_GT((*first)->width, 16);
  const auto again = take();
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *first) << "kept until the next key picture";
  const auto small = take("gate-7", {(*first)->width / 2, 0});
  ASSERT_TRUE(small);
  EXPECT_EQ((*small)->width, (*first)->width / 2);
  EXPECT_NE((*small)->etag, (*first)->etag);
  for (int i = 0; i < 60; ++i) send();
  const auto later = take();
  ASSERT_TRUE(later);
  EXPECT_NE(*later, *first);
  EXPECT_GT((*later)->arrived, (*first)->arrived);
  EXPECT_EQ(camera.asked, 0);
  EXPECT_EQ(world.source.pulls, 1);
  world.close("gate-7");
}

TEST_F(SnapshotsH265Test, h265_is_decoded_too) {
  ASSERT_EQ(world.open("gate-7"), Code::ok);
  send();
  const auto taken = take("gate-7", {64, 64});
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ((*taken)->source, Snapshot::Source::hub);
  EXPECT_LE((*taken)->width, 64);
  world.close("gate-7");
}

TEST_F(SnapshotsTest, where_nobody_watches_the_device_makes_one_and_it_is_scaled) {
  ASSERT_EQ(world.open("gate-7"), Code::ok);
  send();
  const auto whole = take();
  ASSERT_TRUE(whole);
  world.close("gate-7");
  ASSERT_TRUE(eventually([&] { return world.state("gate-7") != HubState::live; }));
  camera.jpeg = (*whole)->jpeg;
  camera.refuses = Code::ok;
  const auto pulls = world.source.pulls.load();
  const auto asked = take();
  ASSERT_TRUE(asked) << asked.error().text();
  EXPECT_EQ((*asked)->source, Snapshot::Source::device);
  EXPECT_EQ((*asked)->jpeg, (*whole)->jpeg) << "as the device made it";
  EXPECT_EQ(*take(), *asked) << "as good as new for a second";
  const auto small = take("gate-7", {32, 0});
  ASSERT_TRUE(small) << small.error().text();
  EXPECT_EQ((*small)->width, 32);
  EXPECT_EQ(camera.asked, 2);
  EXPECT_EQ(world.source.pulls, pulls);
}

TEST_F(SnapshotsTest, many_who_ask_at_the_same_time_are_one_question) {
  camera.delay_ms = 100;
  std::vector<std::future<Result<SnapshotPtr>>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(std::async(std::launch::async, [this, i] {
      const auto who = std::to_string(i);
      return take("gate-7", {}, who.c_str());
    }));
  camera.refuses = Code::device_offline;
  for (auto& one : all) {
    const auto result = one.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::device_offline);
  }
  EXPECT_LT(camera.asked, 8);
  EXPECT_EQ(world.source.pulls, 0) << "a device that is away is not pulled";
}

TEST_F(SnapshotsTest, one_who_asks_for_too_much_is_told_and_others_are_served) {
  camera.delay_ms = 500;
  camera.refuses = Code::device_offline;
  std::vector<std::future<Result<SnapshotPtr>>> all;
  for (int i = 0; i < 12; ++i)
    all.push_back(std::async(std::launch::async, [this, i] {
      const auto stream = "gate-" + std::to_string(i);
      return take(stream.c_str(), {}, "greedy");
    }));
  ASSERT_TRUE(eventually([&] { return camera.asked == 4; }));
  EXPECT_EQ(take("gate-99", {}, "modest").error().code, Code::device_offline);
  int busy = 0;
  for (auto& one : all) {
    const auto result = one.get();
    ASSERT_FALSE(result);
    if (result.error().code == Code::media_decoders_busy) ++busy;
  }
  EXPECT_EQ(busy, 8);
}

TEST_F(SnapshotsTest, where_the_device_makes_none_its_stream_is_pulled_until_a_key_picture_comes) {
  auto taking = std::async(std::launch::async, [this] { return take(); });
  ASSERT_TRUE(eventually([&] { return world.state("gate-7") == HubState::live; }));
  send();
  const auto taken = taking.get();
  ASSERT_TRUE(taken) << taken.error().text();
  EXPECT_EQ((*taken)->source, Snapshot::Source::pull);
  EXPECT_EQ(camera.asked, 1);
  ASSERT_TRUE(eventually([&] { return world.source.active() == 0; })) << "the pull ends";
}

TEST_F(SnapshotsTest, a_stream_without_a_key_picture_is_told_as_that) {
  const auto none = take();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::media_no_key_frame);
  world.source.refuse = Code::net_refused;
  ASSERT_TRUE(eventually([&] { return world.source.active() == 0; }));
  EXPECT_EQ(take().error().code, Code::net_refused);
  EXPECT_EQ(take("unknown").error().code, Code::device_unknown);
}

TEST_F(SnapshotsTest, a_picture_that_cannot_be_decoded_is_told_as_that) {
  ASSERT_EQ(world.open("gate-7"), Code::ok);
  auto frame = clip.frame();
  for (auto& packet : frame)
    for (std::uint32_t i = 20; i < packet.size; ++i) packet.slab.get()->data()[packet.offset + i] = 0xAA;
  world.source.publish(key_of("gate-7"), [&](model::Publisher& to) { publish(to, std::move(frame)); });
  const auto taken = take();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::media_undecodable) << taken.error().text();
  // Asked of the camera it may still be had.
  camera.jpeg = {0xFF, 0xD8, 0xFF, 0xD9};
  camera.refuses = Code::ok;
  EXPECT_TRUE(take());
  EXPECT_EQ(take("gate-7", {64, 0}).error().code, Code::media_undecodable) << "which it makes no better";
  world.close("gate-7");
}

TEST_F(SnapshotsTest, an_end_leaves_nobody_waiting) {
  camera.delay_ms = 60'000;
  auto taking = std::async(std::launch::async, [this] { return take(); });
  ASSERT_TRUE(eventually([&] { return camera.asked == 1; }));
  snapshots->stop_and_wait();
  EXPECT_EQ(taking.get().error().code, Code::fleet_stopping);
}

}  // namespace
}  // namespace camfleet::media
