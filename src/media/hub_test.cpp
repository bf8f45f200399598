#include "media/hub.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "base/metrics.h"
#include "media/cursor.h"
#include "media/testing/world.h"
#include "proto/h26x/nal.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

using namespace testing;

// Reads what a hub has, as long as it is not told to be slow.
class Reader final : public Viewer {
 public:
  explicit Reader(Hub& hub) : hub_(&hub) {
    cursor_.join(hub.cache(), hub.has_keys());
    hub.attach(*this);
    wake();
  }
  ~Reader() override {
    if (hub_ != nullptr) hub_->detach(*this);
  }
  void wake() override {
    ++wakes;
    lost += cursor_.catch_up(hub_->cache(), limits);
    while (!slow && !cursor_.waiting() && cursor_.place().item < hub_->complete().item) {
      got.push_back(hub_->cache().at(cursor_.place().item));
      cursor_.advance(got.back().size);
    }
  }
  void ended(const Error& error) override {
    why = error.code;
    hub_ = nullptr;
  }
  Place place() const override { return cursor_.place(); }

  bool slow = false;
  LagLimits limits;
  std::uint64_t lost = 0;
  int wakes = 0;
  std::vector<model::Packet> got;
  Code why = Code::ok;

 private:
  Hub* hub_;
  Cursor cursor_;
};

TEST(hub, one_upstream_however_many_viewers) {
  World world;
  EXPECT_EQ(world.open("cam"), Code::ok);
  EXPECT_EQ(world.open("cam/1"), Code::ok);
  EXPECT_EQ(world.open("cam/1/main"), Code::ok);
  EXPECT_EQ(world.source.pulls, 1);
  EXPECT_EQ(world.open("cam/1/sub"), Code::ok);
  EXPECT_EQ(world.source.pulls, 2);
  EXPECT_EQ(world.hubs->streams().size(), 2U);
  world.close("cam/1/main");
  world.close("cam/1/sub");
}

TEST(hub, pull_goes_on_for_a_while_after_the_last_viewer_and_then_stops) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.close("cam");
  ASSERT_EQ(world.open("cam"), Code::ok);
  EXPECT_EQ(world.source.pulls, 1) << "it lingered";
  world.close("cam");
  EXPECT_TRUE(eventually([&] { return world.source.active() == 0; }));
  EXPECT_TRUE(eventually([&] { return world.hubs->streams().empty(); })) << "the hub is gone too";
  ASSERT_EQ(world.open("cam"), Code::ok);
  EXPECT_EQ(world.source.pulls, 2);
  world.close("cam");
}

// Row 57 of the bad inputs: 100 Mbit/s where four are normal.
TEST(hub, a_flood_ends_the_stream_and_no_other_and_is_not_asked_for_again_at_once) {
  auto settings = quick_settings();
  settings.max_rate = 8'000'000;
  settings.rate_window = 1s;
  settings.flood_memory = 60s;
  World world{settings};
  ASSERT_EQ(world.open("cam"), Code::ok);
  ASSERT_EQ(world.open("cam/1/sub"), Code::ok);
  const auto before = metrics::counter("camfleet_pull_failures_total", "", {{"code", "media.flood"}}).value();
  std::unique_ptr<Reader> reader;
  std::unique_ptr<Reader> other;
  on(world.loop("cam"), [&] {
    reader = std::make_unique<Reader>(world.hub("cam"));
    other = std::make_unique<Reader>(world.hub("cam/1/sub"));
  });
  FakeVideo video{1000, 10, 1000};
  for (int i = 0; i < 200 && world.state("cam") == HubState::live; ++i)
    world.source.publish(key_of("cam"), [&](model::Publisher& to) { publish(to, video.frame()); });
  EXPECT_EQ(world.state("cam"), HubState::ended);
  EXPECT_TRUE(eventually([&] { return world.source.active() == 1; })) << "it is not pulled any more";
  EXPECT_EQ(world.open("cam"), Code::media_flood);
  EXPECT_EQ(world.source.pulls, 2);
  world.source.publish(key_of("cam/1/sub"), [&](model::Publisher& to) {
    FakeVideo calm;
    publish(to, calm.frame());
  });
  on(world.loop("cam"), [&] {
    EXPECT_EQ(reader->why, Code::media_flood);
    EXPECT_LE(reader->got.size(), 1100U);
    EXPECT_EQ(other->got.size(), 3U);
    EXPECT_EQ(other->why, Code::ok);
    reader.reset();
    other.reset();
  });
  EXPECT_EQ(metrics::counter("camfleet_pull_failures_total", "", {{"code", "media.flood"}}).value(),
            before + 1);
  world.close("cam");
  world.close("cam/1/sub");
}

// hub.merge_ms.
TEST(hub, frames_that_come_within_the_merge_time_leave_together_and_none_is_kept_back) {
  auto settings = quick_settings();
  settings.merge = 40ms;
  settings.sweep = 3600s;
  World world{settings};
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  auto reader = on(loop, [&] { return std::make_unique<Reader>(world.hub("cam")); });
  FakeVideo video;
  const auto begun = system_clock().steady();
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    for (std::size_t i = 0; i < 13; ++i) {
      auto packets = video.frame();
      for (auto& packet : packets) packet.arrival = begun + i * 10ms;
      publish(to, std::move(packets));
      EXPECT_EQ(reader->got.size(), 3 * (1 + i / 4 * 4)) << "with the first that comes 40 ms later: " << i;
    }
  });
  on(loop, [&] { reader.reset(); });
  world.close("cam");

  settings.sweep = 5ms;
  World swept{settings};
  ASSERT_EQ(swept.open("cam"), Code::ok);
  reader = on(swept.loop("cam"), [&] { return std::make_unique<Reader>(swept.hub("cam")); });
  FakeVideo other;
  swept.source.publish(key_of("cam"), [&](model::Publisher& to) {
    publish(to, other.frame());
    publish(to, other.frame());
  });
  EXPECT_TRUE(eventually([&] { return on(swept.loop("cam"), [&] { return reader->got.size(); }) == 6; }))
      << "where nothing more comes, the sweep hands it on";
  on(swept.loop("cam"), [&] { reader.reset(); });
  swept.close("cam");
}

TEST(hub, who_comes_while_a_pull_takes_its_leave_gets_a_new_one_after_it) {
  World world;
  world.source.goodbye = 100ms;
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.close("cam");
  ASSERT_TRUE(eventually([&] { return world.state("cam") == HubState::idle; }));
  EXPECT_EQ(world.source.active(), 1U);
  EXPECT_EQ(world.open("cam"), Code::ok);
  EXPECT_EQ(world.source.pulls, 2);
  EXPECT_EQ(world.source.most_active(), 1U) << "never two at once";
  world.close("cam");
}

TEST(hub, a_refusal_reaches_the_viewer_with_its_code) {
  World world;
  world.source.refuse = Code::device_offline;
  EXPECT_EQ(world.open("cam"), Code::device_offline);
  world.source.refuse = Code::ok;
  EXPECT_EQ(world.open("cam"), Code::ok) << "and the next one may try again";
  world.close("cam");
}

TEST(hub, a_failed_start_is_remembered_for_a_moment) {
  auto settings = quick_settings();
  settings.failure_memory = 1min;
  World world{settings};
  world.source.refuse = Code::device_no_channel;
  EXPECT_EQ(world.open("cam"), Code::device_no_channel);
  EXPECT_EQ(world.open("cam"), Code::device_no_channel);
  EXPECT_EQ(world.source.pulls, 1);
}

TEST(hub, what_the_fleet_refuses_by_itself_is_not_remembered) {
  auto settings = quick_settings();
  settings.failure_memory = 1min;
  World world{settings};
  for (const auto code : {Code::device_unknown, Code::device_disabled, Code::device_offline}) {
    world.source.refuse = code;
    EXPECT_EQ(world.open("cam"), code);
    world.source.refuse = Code::ok;
    EXPECT_EQ(world.open("cam"), Code::ok) << "added, switched on or back a moment later";
    world.close("cam");
    EXPECT_TRUE(eventually([&] { return world.source.active() == 0; }));
  }
}

TEST(hub, a_stream_that_does_not_start_in_time_fails_everybody_who_waits) {
  auto settings = quick_settings();
  settings.start_limit = 100ms;
  World world{settings, {}};
  Code other = Code::ok;
  std::thread second{[&] { other = world.open("cam"); }};
  EXPECT_EQ(world.open("cam"), Code::media_start_timeout);
  second.join();
  EXPECT_EQ(other, Code::media_start_timeout);
  EXPECT_TRUE(eventually([&] { return world.source.active() == 0; })) << "and the pull is cancelled";
}

TEST(hub, many_dead_cameras_do_not_start_a_storm) {
  auto settings = quick_settings();
  settings.max_starts = 2;
  settings.start_limit = 1s;
  World world{settings, {}};
  std::vector<std::thread> viewers;
  for (const auto* key : {"a", "b"}) viewers.emplace_back([&world, key] { world.open(key); });
  ASSERT_TRUE(eventually([&] { return world.source.active() == 2; }));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(world.open("c"), Code::media_too_many_pulls);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 500ms) << "at once";
  for (auto& viewer : viewers) viewer.join();
  EXPECT_EQ(world.source.pulls, 2);
}

TEST(hub, viewers_are_told_why_the_stream_broke_off) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  auto reader = on(loop, [&] { return std::make_unique<Reader>(world.hub("cam")); });
  world.source.stop(key_of("cam"), Code::net_reset);
  EXPECT_TRUE(eventually([&] { return on(loop, [&] { return reader->why; }) == Code::net_reset; }));
  EXPECT_EQ(world.state("cam"), HubState::ended);
  EXPECT_EQ(world.hubs->stream(key_of("cam"))->reason, Code::net_reset);
  on(loop, [&] { reader.reset(); });
  world.close("cam");
}

TEST(hub, a_kept_stream_is_pulled_without_viewers_and_again_after_a_failure) {
  World world;
  ASSERT_TRUE(world.hubs->keep(key_of("cam"), true));
  ASSERT_TRUE(eventually([&] { return world.state("cam") == HubState::live; }));
  world.source.stop(key_of("cam"), Code::net_reset);
  ASSERT_TRUE(eventually([&] { return world.source.pulls == 2 && world.state("cam") == HubState::live; }));
  ASSERT_TRUE(world.hubs->keep(key_of("cam"), false));
  EXPECT_TRUE(eventually([&] { return world.source.active() == 0; }));
  EXPECT_FALSE(world.hubs->keep(key_of("unknown-1"), true));
}

// Row 18.
TEST(hub, a_camera_that_closes_as_soon_as_it_plays_is_asked_less_and_less_often) {
  auto settings = quick_settings();
  settings.retry_base = 4ms;
  settings.sweep = 1ms;
  World world{settings};
  const auto count_until = [&](int pulls) {
    const auto began = std::chrono::steady_clock::now();
    while (world.source.pulls < pulls) {
      if (world.source.active() > 0) world.source.stop(key_of("cam"), Code::net_closed);
      std::this_thread::sleep_for(1ms);
    }
    return std::chrono::steady_clock::now() - began;
  };
  ASSERT_TRUE(world.hubs->keep(key_of("cam"), true));
  // Ten attempts with doubled waits take 2 s on average, and with waits that start over 40 ms.
  EXPECT_GT(count_until(11), 400ms);
  ASSERT_TRUE(world.hubs->keep(key_of("cam"), false));
}

TEST(hub, frames_leave_whole_at_their_marker) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  FakeVideo video;
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    Reader reader{world.hub("cam")};
    auto packets = video.frame();
    to.packet(packets[0]);
    to.packet(packets[1]);
    to.flush();
    EXPECT_EQ(reader.got.size(), 0U) << "a part of a frame is not sent alone";
    to.packet(packets[2]);
    to.flush();
    EXPECT_EQ(reader.got.size(), 3U);
    EXPECT_EQ(reader.wakes, 2) << "once when it came, once for the frame";
  });
  world.close("cam");
}

TEST(hub, a_camera_without_markers_delays_one_frame_at_first_and_none_later) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  FakeVideo video{10, 2};
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    Reader reader{world.hub("cam")};
    const auto send = [&] {
      auto packets = video.frame();
      packets.back().marker = false;
      publish(to, std::move(packets));
    };
    send();
    EXPECT_EQ(reader.got.size(), 0U);
    send();
    EXPECT_EQ(reader.got.size(), 2U) << "another timestamp ends the frame before";
    for (int i = 0; i < 4; ++i) send();
    EXPECT_EQ(reader.got.size(), 12U) << "the end of a wake-up ends a frame now";
  });
  world.close("cam");
}

TEST(hub, who_joins_in_the_middle_begins_with_the_key_frame_from_memory) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  FakeVideo video{4};
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    for (int i = 0; i < 7; ++i) publish(to, video.frame());
    const Reader reader{world.hub("cam")};
    ASSERT_EQ(reader.got.size(), 9U);
    EXPECT_TRUE(reader.got[0].key_start);
    EXPECT_EQ(world.hub("cam").cache().begin().item, 12U) << "the group before is forgotten";
  });
  world.close("cam");
}

TEST(hub, parameter_sets_sent_once_stay_in_the_description_for_who_comes_later) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  TinyClip video;
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    EXPECT_TRUE(world.hub("cam").info()->tracks[0].sps.empty());
    publish(to, video.frame());
    const auto info = world.hub("cam").info();
    EXPECT_FALSE(info->tracks[0].sps.empty());
    EXPECT_FALSE(info->tracks[0].pps.empty());
    publish(to, video.frame());
    EXPECT_EQ(world.hub("cam").info(), info) << "nothing more to learn";
  });
  world.close("cam");
}

TEST(hub, parameter_sets_with_start_codes_around_them_are_learned_one_by_one) {
  const auto track = TinyClip{}.info().tracks[0];
  for (const bool in_front : {false, true}) {
    Bytes payload;
    if (in_front) payload = {0, 0, 0, 1};
    payload.insert(payload.end(), track.sps.begin(), track.sps.end());
    payload.insert(payload.end(), {0, 0, 0, 1});
    payload.insert(payload.end(), track.pps.begin(), track.pps.end());
    payload.insert(payload.end(), {0, 0});
    World world;
    ASSERT_EQ(world.open("cam"), Code::ok);
    world.source.publish(key_of("cam"), [&](model::Publisher& to) {
      publish(to, {rtp_packet(0, 1, 9'000, false, payload)});
      EXPECT_EQ(world.hub("cam").info()->tracks[0].sps, track.sps);
      EXPECT_EQ(world.hub("cam").info()->tracks[0].pps, track.pps);
    });
    world.close("cam");
  }
}

TEST(hub, a_slow_viewer_skips_to_a_key_frame_while_others_get_everything) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  FakeVideo video{5, 2, 500};
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    Hub& hub = world.hub("cam");
    Reader quick{hub};
    Reader slow{hub};
    slow.limits.bytes = 8'000;
    publish(to, video.frame());
    slow.slow = true;
    for (int i = 1; i < 21; ++i) publish(to, video.frame());
    EXPECT_EQ(quick.got.size(), 42U);
    EXPECT_EQ(quick.lost, 0U);
    EXPECT_GT(slow.lost, 0U);
    EXPECT_LT(hub.cache().bytes(), 16'000U) << "memory does not grow with the delay of a viewer";
    slow.slow = false;
    slow.wake();
    ASSERT_GT(slow.got.size(), 2U);
    EXPECT_TRUE(slow.got[2].key_start);
    EXPECT_EQ(slow.got.back().timestamp, quick.got.back().timestamp);
    EXPECT_EQ(slow.got.size() + slow.lost, quick.got.size());
  });
  world.close("cam");
}

TEST(hub, sound_waits_for_the_frame_that_is_under_way_and_a_stream_of_sound_alone_for_nothing) {
  auto info = FakeVideo::info();
  model::Track audio;
  audio.media = model::Media::audio;
  audio.codec = model::Codec::pcmu;
  World both{quick_settings(), {{info.tracks[0], audio}}};
  ASSERT_EQ(both.open("cam"), Code::ok);
  FakeVideo video{10, 2};
  both.source.publish(key_of("cam"), [&](model::Publisher& to) {
    Reader reader{both.hub("cam")};
    auto packets = video.frame();
    to.packet(packets[0]);
    to.packet(rtp_packet(1, 1, 5, false, Bytes(20)));
    to.flush();
    EXPECT_EQ(reader.got.size(), 0U);
    to.packet(packets[1]);
    to.packet(rtcp_packet(0));
    to.flush();
    EXPECT_EQ(reader.got.size(), 4U);
  });
  both.close("cam");

  World sound{quick_settings(), {{audio}}};
  ASSERT_EQ(sound.open("cam"), Code::ok);
  sound.source.publish(key_of("cam"), [&](model::Publisher& to) {
    Reader reader{sound.hub("cam")};
    to.packet(rtp_packet(0, 1, 5, false, Bytes(20)));
    to.flush();
    to.packet(rtp_packet(0, 2, 165, false, Bytes(20)));
    to.flush();
    to.packet(rtp_packet(0, 3, 325, true, Bytes(20)));
    to.flush();
    EXPECT_GE(reader.got.size(), 2U);
  });
  sound.close("cam");
}

TEST(hub, stopping_tells_everybody_and_ends_every_pull) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  auto reader = on(loop, [&] { return std::make_unique<Reader>(world.hub("cam")); });
  world.hubs->stop_and_wait();
  EXPECT_EQ(on(loop, [&] { return reader->why; }), Code::fleet_stopping);
  EXPECT_EQ(world.source.active(), 0U);
  on(loop, [&] { reader.reset(); });
  EXPECT_EQ(world.open("other"), Code::fleet_stopping);
  world.close("cam");
}

TEST(hub, the_status_tells_what_is_watched) {
  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam/2/sub"), Code::ok);
  world.source.publish(key_of("cam/2/sub"), [&](model::Publisher& to) { publish(to, clip.frame()); });
  const auto status = world.hubs->stream(key_of("cam/2/sub"));
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, HubState::live);
  EXPECT_EQ(status->codec, model::Codec::h264);
  EXPECT_EQ(status->width, 128);
  EXPECT_EQ(status->height, 96);
  EXPECT_GT(status->bytes, 500U);
  EXPECT_TRUE(status->started);
  EXPECT_TRUE(status->last_frame);
  world.close("cam/2/sub");
}

// Hubs of one loop that tell the test what they would tell the fleet.
struct Told {
  explicit Told(HubHooks hooks) : source{(loops.start(), loops)} {
    source.info = TinyClip{}.info();
    auto settings = quick_settings();
    settings.linger = 60s;
    settings.key_patience = 50ms;
    hubs = std::make_unique<Hubs>(source, loops, settings, std::move(hooks));
    EXPECT_TRUE(hubs->keep(stream, true));
    EXPECT_TRUE(eventually([&] { return source.active() == 1; }));
  }
  ~Told() {
    hubs->stop_and_wait();
    loops.stop();
  }
  Code reason() const {
    const auto status = hubs->stream(stream);
    return status ? status->reason : Code::ok;
  }
  void send(std::vector<model::Packet> frame) {
    source.publish(stream, [&](model::Publisher& to) { publish(to, std::move(frame)); });
  }
  const model::StreamKey stream = key_of("gate-7");
  net::Loops loops{1};
  FakeSource source;
  std::unique_ptr<Hubs> hubs;
};

TEST(HubKeys, a_stream_without_a_key_picture_asks_for_one_now_and_then) {
  std::atomic<int> asked{0};
  HubHooks hooks;
  hooks.needs_key_frame = [&](const model::StreamKey&) { ++asked; };
  Told told{std::move(hooks)};
  TinyClip clip;
  (void)clip.frame();  // the key picture, which never comes
  told.send(clip.frame());
  ASSERT_TRUE(eventually([&] { return asked == 1; }));
  EXPECT_EQ(told.reason(), Code::media_no_key_frame);
  told.send(TinyClip{}.frame());
  ASSERT_TRUE(eventually([&] { return told.reason() == Code::ok; }));
  EXPECT_EQ(asked, 1);
}

TEST(HubCipher, a_stream_that_its_camera_scrambles_is_judged_so_and_goes_on) {
  std::mutex mutex;
  std::vector<Code> verdicts;
  HubHooks hooks;
  hooks.judged = [&](const model::StreamKey&, const Error& why) {
    const std::lock_guard lock{mutex};
    if (verdicts.empty() || verdicts.back() != why.code) verdicts.push_back(why.code);
  };
  Told told{std::move(hooks)};
  std::uint32_t noise = 1;
  TinyClip clip;
  for (int i = 0; i < 80; ++i) {
    auto frame = clip.frame();
    for (auto& packet : frame) {
      constexpr std::size_t head = 4 + rtp::kHeaderSize;
      auto* bytes = packet.slab.get()->data() + packet.offset;
      const bool fragment = (bytes[head] & 0x1F) == h26x::h264::kFuA;
      if (!h26x::classify(h26x::Codec::h264, {bytes + head, packet.size - head}).vcl) continue;
      for (std::size_t at = head + (fragment ? 2 : 1); at < packet.size; ++at) {
        noise = noise * 1664525 + 1013904223;
        bytes[at] = static_cast<std::uint8_t>(noise >> 24);
      }
    }
    told.send(std::move(frame));
  }
  const auto status = told.hubs->stream(told.stream);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->reason, Code::media_encrypted);
  EXPECT_EQ(state_text(*status), "encrypted");
  EXPECT_EQ(told.source.pulls, 1) << "nothing is begun anew";
  const std::lock_guard lock{mutex};
  EXPECT_EQ(verdicts, std::vector<Code>{Code::media_encrypted});
}

}  // namespace
}  // namespace camfleet::media
