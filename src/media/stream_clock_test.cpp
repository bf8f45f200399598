#include "media/stream_clock.h"

#include <gtest/gtest.h>

#include <cstring>

#include "media/testing/fake_video.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::media {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr WallTime kNoon{std::chrono::microseconds{1'800'000'000'000'000}};
constexpr SteadyTime kStart{1'000'000s};

class TestClock final : public Clock {
 public:
  SteadyTime steady() const override { return kStart + passed; }
  WallTime wall() const override {
    return kNoon + std::chrono::duration_cast<std::chrono::microseconds>(passed);
  }
  std::chrono::nanoseconds passed{0};
};

model::StreamInfo two_tracks() {
  model::StreamInfo info;
  info.tracks.resize(2);
  info.tracks[0].codec = model::Codec::h264;
  info.tracks[1].media = model::Media::audio;
  info.tracks[1].codec = model::Codec::pcmu;
  info.tracks[1].clock_rate = 8'000;
  return info;
}

struct Stream {
  TestClock time;
  StreamClock clock{time};
  Stream() { clock.start(two_tracks()); }
  void rtp(std::uint8_t track, std::uint32_t timestamp, milliseconds at, std::uint32_t ssrc = 7) {
    auto packet = testing::rtp_packet(track, 1, timestamp, true, Bytes{1, 2, 3});
    store32(packet.slab.get()->data() + 12, ssrc);
    packet.arrival = kStart + at;
    time.passed = at;
    clock.packet(packet);
  }
  void report(std::uint8_t track, std::uint32_t timestamp, WallTime camera, milliseconds at) {
    rtp::SenderReport report;
    report.ssrc = 99;  // another one than in RTP, as some have it
    report.ntp = rtp::to_ntp(camera);
    report.rtp_timestamp = timestamp;
    Bytes bytes;
    rtp::write(bytes, report);
    auto packet = testing::rtcp_packet(track, bytes.size());
    std::memcpy(packet.slab.get()->data() + 4, bytes.data(), bytes.size());
    packet.arrival = kStart + at;
    time.passed = at;
    clock.packet(packet);
  }
};

auto ms(auto duration) { return std::chrono::round<milliseconds>(duration).count(); }

TEST(stream_clock, knows_nothing_before_a_packet) {
  Stream stream;
  EXPECT_EQ(stream.clock.source(0), ClockSource::none);
  EXPECT_FALSE(stream.clock.wall(0, 5));
  EXPECT_FALSE(stream.clock.between(0, 0, 1, 0));
  EXPECT_FALSE(stream.clock.offset(0));
  EXPECT_FALSE(stream.clock.wall(200, 5));
}

TEST(stream_clock, by_arrival_the_least_delayed_packets_count) {
  Stream stream;
  for (int i = 0; i < 100; ++i)
    stream.rtp(0, 0xFFFFF000U + 3600U * static_cast<unsigned>(i), 40ms * i + (i % 10 == 3 ? 0ms : 30ms));
  EXPECT_EQ(stream.clock.source(0), ClockSource::arrival);
  const auto wall = stream.clock.wall(0, 0xFFFFF000U + 3600U * 50);
  ASSERT_TRUE(wall);
  EXPECT_NEAR(static_cast<double>(ms(*wall - kNoon)), 2000, 5) << "over the end of 32 bits";
}

TEST(stream_clock, follows_a_clock_that_runs_slow) {
  Stream stream;
  // 200 parts in a million for an hour: 720 ms.
  milliseconds at{};
  for (int i = 0; i < 3600 * 5; ++i) {
    at = milliseconds{i * 200 + i * 200 / 5000};
    stream.rtp(0, 18'000U * static_cast<unsigned>(i), at);
  }
  const auto wall = stream.clock.wall(0, 18'000U * (3600 * 5 - 1));
  EXPECT_NEAR(static_cast<double>(ms(*wall - (kNoon + at))), 0, 5);
}

TEST(stream_clock, a_wild_timestamp_is_its_own_fault_and_a_jump_that_lasts_is_a_new_line) {
  Stream stream;
  for (int i = 0; i < 10; ++i) stream.rtp(0, 3600U * static_cast<unsigned>(i), 40ms * i);
  stream.rtp(0, 900'000'000, 400ms);
  stream.rtp(0, 3600 * 11, 440ms);
  EXPECT_NEAR(static_cast<double>(ms(*stream.clock.wall(0, 3600 * 11) - kNoon)), 440, 2);
  for (int i = 0; i < 3; ++i)
    stream.rtp(0, 900'000'000U + 3600U * static_cast<unsigned>(i), 480ms + 40ms * i);
  EXPECT_NEAR(static_cast<double>(ms(*stream.clock.wall(0, 900'007'200) - kNoon)), 560, 2);
  stream.rtp(0, 5, 600ms, 8);
  EXPECT_NEAR(static_cast<double>(ms(*stream.clock.wall(0, 5) - kNoon)), 600, 2) << "another SSRC at once";
}

TEST(stream_clock, reports_that_are_near_our_time_are_believed) {
  Stream stream;
  stream.rtp(0, 1'000, 100ms);
  stream.report(0, 1'000, kNoon + 80ms, 120ms);
  EXPECT_EQ(stream.clock.source(0), ClockSource::reports);
  EXPECT_EQ(ms(*stream.clock.offset(0)), -20);
  EXPECT_EQ(ms(*stream.clock.wall(0, 1'000 + 90'000) - kNoon), 1'080);
}

TEST(stream_clock, a_camera_that_is_hours_off_is_shown_and_not_believed) {
  Stream stream;
  stream.rtp(0, 1'000, 100ms);
  stream.report(0, 1'000, kNoon + 8h + 100ms, 120ms);
  EXPECT_EQ(stream.clock.source(0), ClockSource::arrival);
  EXPECT_EQ(ms(*stream.clock.offset(0)), ms(8h));
  EXPECT_EQ(ms(*stream.clock.wall(0, 1'000) - kNoon), 100);
}

TEST(stream_clock, between_tracks_reports_count_also_where_their_hours_are_wrong) {
  Stream stream;
  stream.rtp(0, 9'000, 100ms);
  stream.rtp(1, 800, 400ms);  // its microphone is 300 ms late
  EXPECT_EQ(ms(*stream.clock.between(0, 9'000, 1, 800)), 300) << "by arrival";
  stream.report(0, 9'000, kNoon + 8h, 410ms);
  EXPECT_EQ(ms(*stream.clock.between(0, 9'000, 1, 800)), 300) << "one report is none";
  stream.report(1, 800, kNoon + 8h + 10ms, 420ms);
  EXPECT_EQ(ms(*stream.clock.between(0, 9'000, 1, 800)), 10);
  EXPECT_EQ(ms(*stream.clock.between(0, 9'000 + 90'000, 1, 800)), -990);
  stream.report(1, 800, kNoon + 10ms, 430ms);
  EXPECT_EQ(ms(*stream.clock.between(0, 9'000, 1, 800)), 300) << "two clocks that have nothing in common";
}

TEST(stream_clock, reports_that_make_no_sense_are_passed_over) {
  Stream stream;
  stream.report(0, 1'000, kNoon, 10ms);
  EXPECT_FALSE(stream.clock.offset(0)) << "before any picture";
  stream.rtp(0, 1'000, 100ms);
  stream.report(0, 1'000 + 90'000 * 60, kNoon, 120ms);
  EXPECT_FALSE(stream.clock.offset(0)) << "of a timestamp a minute away";
  auto broken = testing::rtcp_packet(0, 8);
  stream.clock.packet(broken);
  EXPECT_FALSE(stream.clock.offset(0));
}

}  // namespace
}  // namespace camfleet::media
