// What becomes of viewers whose source goes away and comes back.
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "media/cursor.h"
#include "media/testing/world.h"

namespace camfleet::media {
namespace {

using namespace testing;

class Watcher final : public Viewer {
 public:
  explicit Watcher(Feed& feed) : feed_(&feed) {
    cursor_.join(feed.cache(), feed.has_keys());
    feed.attach(*this);
    wake();
  }
  ~Watcher() override {
    if (feed_ != nullptr) feed_->detach(*this);
  }
  void wake() override {
    lost += cursor_.catch_up(feed_->cache(), LagLimits{});
    while (!cursor_.waiting() && cursor_.place().item < feed_->complete().item) {
      got.push_back(feed_->cache().at(cursor_.place().item));
      cursor_.advance(got.back().size);
    }
  }
  void ended(const Error& error) override {
    why = error.code;
    feed_ = nullptr;
  }
  Place place() const override { return cursor_.place(); }
  std::uint16_t sequence(std::size_t i) const { return load16(got.at(i).rtp().data() + 2); }

  std::vector<model::Packet> got;
  std::uint64_t lost = 0;
  Code why = Code::ok;

 private:
  Feed* feed_;
  Cursor cursor_;
};

Settings holding() {
  auto settings = quick_settings();
  settings.hold = 20s;
  return settings;
}

class Held : public ::testing::Test {
 protected:
  explicit Held(Settings settings = holding()) : world_(settings) {
    EXPECT_EQ(world_.open("cam"), Code::ok);
    watcher_ = on(loop(), [&] { return std::make_unique<Watcher>(world_.hub("cam")); });
  }
  ~Held() override {
    on(loop(), [&] { watcher_.reset(); });
    world_.close("cam");
  }
  net::Loop& loop() { return world_.loop("cam"); }
  void publish_frames(FakeVideo& video, int frames) {
    world_.source.publish(key_of("cam"), [&](model::Publisher& to) {
      for (int i = 0; i < frames; ++i) publish(to, video.frame());
    });
  }
  void break_off(Code why) {
    const int pulls = world_.source.pulls;
    world_.source.stop(key_of("cam"), why);
    ASSERT_TRUE(
        eventually([&] { return world_.source.pulls > pulls && world_.state("cam") == HubState::live; }));
  }

  World world_;
  std::unique_ptr<Watcher> watcher_;
};

TEST_F(Held, a_viewer_sees_no_seam_and_goes_on_with_a_key_picture) {
  FakeVideo before;
  publish_frames(before, 3);
  break_off(Code::net_reset);
  FakeVideo after{10, 2};
  on(loop(), [&] { ASSERT_EQ(watcher_->got.size(), 9U); });
  // The camera is in the midst of a group of pictures.
  after.frame();
  publish_frames(after, 10);
  on(loop(), [&] {
    EXPECT_EQ(watcher_->why, Code::ok);
    EXPECT_EQ(watcher_->lost, 0U);
    ASSERT_EQ(watcher_->got.size(), 11U) << "from the key picture on";
    EXPECT_TRUE(watcher_->got[9].key_start);
    for (std::size_t i = 1; i < 11; ++i)
      EXPECT_EQ(watcher_->sequence(i), static_cast<std::uint16_t>(watcher_->sequence(i - 1) + 1));
    EXPECT_LT(watcher_->got[9].timestamp - watcher_->got[8].timestamp, 90'000U * 60);
  });
  EXPECT_EQ(world_.hubs->stream(key_of("cam"))->reason, Code::ok);
}

// Some cameras tell their parameter sets in the description alone, and have others after an operator chose
// another profile meanwhile.
TEST_F(Held, sets_that_only_the_new_description_has_come_in_front_of_the_key_picture) {
  FakeVideo before;
  publish_frames(before, 3);
  auto& track = world_.source.info.tracks[0];
  track.sps = {0x67, 0x42, 0, 0x29};
  track.pps = {0x68, 0xCE, 0x3C, 0x80};
  break_off(Code::net_reset);
  FakeVideo after{10, 2};
  publish_frames(after, 11);
  on(loop(), [&] {
    ASSERT_EQ(watcher_->got.size(), 9U + 2 + 22) << "once, and not at each key picture";
    const auto payload = [&](std::size_t i) { return to_hex(watcher_->got[i].rtp().subspan(12, 4)); };
    EXPECT_EQ(payload(9), "67420029");
    EXPECT_EQ(payload(10), "68ce3c80");
    EXPECT_EQ(payload(11), "41414141");
    EXPECT_TRUE(watcher_->got[9].key_start);
    for (std::size_t i = 1; i < watcher_->got.size(); ++i)
      EXPECT_EQ(watcher_->sequence(i), static_cast<std::uint16_t>(watcher_->sequence(i - 1) + 1)) << i;
    EXPECT_EQ(watcher_->got[9].timestamp, watcher_->got[11].timestamp);
    EXPECT_EQ(world_.hub("cam").cache().key()->item, 9U + 2 + 20);
  });
  EXPECT_EQ(world_.hubs->stream(key_of("cam"))->health.lost, 0U) << "they are none of the camera's";
}

TEST_F(Held, meanwhile_the_status_says_so_and_why) {
  world_.source.refuse = Code::device_offline;
  world_.source.stop(key_of("cam"), Code::media_stalled);
  ASSERT_TRUE(eventually([&] {
    return world_.state("cam") == HubState::reconnecting &&
           world_.hubs->stream(key_of("cam"))->reason == Code::device_offline;
  }));
  on(loop(), [&] { EXPECT_EQ(watcher_->why, Code::ok); });
  world_.source.refuse = Code::ok;
  EXPECT_TRUE(eventually([&] { return world_.state("cam") == HubState::live; }));
}

TEST_F(Held, who_comes_meanwhile_waits_and_gets_the_stream) {
  world_.source.refuse = Code::device_offline;
  world_.source.stop(key_of("cam"), Code::net_reset);
  ASSERT_TRUE(eventually([&] { return world_.state("cam") == HubState::reconnecting; }));
  Code late = Code::api_internal;
  std::thread other{[&] { late = world_.open("cam"); }};
  const int pulls = world_.source.pulls;
  ASSERT_TRUE(eventually([&] { return world_.source.pulls > pulls; }));
  world_.source.refuse = Code::ok;
  other.join();
  EXPECT_EQ(late, Code::ok);
}

TEST_F(Held, another_codec_ends_it_and_says_so) {
  world_.source.info.tracks[0].codec = model::Codec::h265;
  world_.source.stop(key_of("cam"), Code::net_reset);
  ASSERT_TRUE(eventually([&] { return on(loop(), [&] { return watcher_->why; }) == Code::media_changed; }));
}

TEST_F(Held, what_will_not_come_back_is_told_at_once) {
  world_.source.stop(key_of("cam"), Code::device_unknown);
  ASSERT_TRUE(eventually([&] { return on(loop(), [&] { return watcher_->why; }) == Code::device_unknown; }));
  EXPECT_EQ(world_.source.pulls, 1);
}

TEST_F(Held, nobody_waits_for_a_stream_that_nobody_watches) {
  world_.source.refuse = Code::device_offline;
  world_.source.stop(key_of("cam"), Code::net_reset);
  ASSERT_TRUE(eventually([&] { return world_.state("cam") == HubState::reconnecting; }));
  on(loop(), [&] { watcher_.reset(); });
  EXPECT_TRUE(eventually([&] { return world_.state("cam") == HubState::idle; }));
}

class HeldBriefly : public Held {
 protected:
  static Settings brief() {
    auto settings = holding();
    settings.hold = 50ms;
    return settings;
  }
  HeldBriefly() : Held(brief()) {}
};

TEST_F(HeldBriefly, after_the_time_that_is_set_viewers_are_told_the_last_reason) {
  world_.source.refuse = Code::net_refused;
  world_.source.stop(key_of("cam"), Code::net_reset);
  ASSERT_TRUE(eventually([&] { return on(loop(), [&] { return watcher_->why; }) != Code::ok; }));
  on(loop(), [&] { EXPECT_TRUE(watcher_->why == Code::net_refused || watcher_->why == Code::net_reset); });
  EXPECT_EQ(world_.state("cam"), HubState::ended);
}

// --- mirrors

net::Task<> watch_from(World& world, net::Loop& here, Watch& out, Code& code) {
  auto watch = co_await world.hubs->on(here).watch(key_of("cam"));
  if (watch)
    out = std::move(*watch);
  else
    code = watch.error().code;
}

class Mirrored : public Held {
 protected:
  net::Loop& other() {
    for (std::size_t i = 0; i < world_.loops.size(); ++i)
      if (&world_.loops.at(i) != &loop()) return world_.loops.at(i);
    return loop();
  }
  Code watch() {
    Code code = Code::ok;
    net::block_on(other().executor(), watch_from(world_, other(), watch_, code));
    return code;
  }
  ~Mirrored() override {
    on(other(), [&] {
      there_.reset();
      watch_ = {};
    });
  }
  Watch watch_;
  std::unique_ptr<Watcher> there_;
};

TEST_F(Mirrored, another_loop_gets_the_same_packets_from_memory_and_live) {
  FakeVideo video;
  publish_frames(video, 3);
  ASSERT_EQ(watch(), Code::ok);
  on(other(), [&] { there_ = std::make_unique<Watcher>(*watch_); });
  publish_frames(video, 12);
  ASSERT_TRUE(eventually([&] { return on(other(), [&] { return there_->got.size(); }) == 45; }));
  const auto here = on(loop(), [&] { return watcher_->got; });
  const auto there = on(other(), [&] { return there_->got; });
  ASSERT_EQ(here.size(), there.size());
  for (std::size_t i = 0; i < here.size(); ++i)
    EXPECT_EQ(here[i].framed().data(), there[i].framed().data()) << "the same bytes, not a copy";
  EXPECT_EQ(world_.source.pulls, 1);
}

TEST_F(Mirrored, a_mirror_is_held_too_and_ends_with_its_stream) {
  FakeVideo video;
  publish_frames(video, 1);
  ASSERT_EQ(watch(), Code::ok);
  on(other(), [&] { there_ = std::make_unique<Watcher>(*watch_); });
  break_off(Code::net_reset);
  FakeVideo again;
  publish_frames(again, 1);
  ASSERT_TRUE(eventually([&] { return on(other(), [&] { return there_->got.size(); }) == 6; }));
  world_.source.stop(key_of("cam"), Code::device_unknown);
  EXPECT_TRUE(eventually([&] { return on(other(), [&] { return there_->why; }) == Code::device_unknown; }));
}

TEST_F(Mirrored, it_goes_when_nobody_watches_there_any_more) {
  FakeVideo video;
  publish_frames(video, 1);
  ASSERT_EQ(watch(), Code::ok);
  const auto viewers = [&] {
    return on(loop(), [&] { return metrics::gauge("camfleet_stream_mirrors", "").value(); });
  };
  EXPECT_EQ(viewers(), 1);
  on(other(), [&] { watch_ = {}; });
  EXPECT_TRUE(eventually([&] { return viewers() == 0; }));
}

TEST_F(Mirrored, why_there_is_no_stream_reaches_the_other_loop) {
  on(loop(), [&] { watcher_.reset(); });
  world_.close("cam");
  ASSERT_TRUE(eventually([&] { return world_.state("cam") == HubState::idle; }));
  world_.source.refuse = Code::device_no_channel;
  EXPECT_EQ(watch(), Code::device_no_channel);
}

}  // namespace
}  // namespace camfleet::media
