#include "sim/player.h"

#include <gtest/gtest.h>

#include <vector>

#include "net/loop.h"
#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"
#include "sim/testing/small_clip.h"
#include "sim/testing/sockets.h"

namespace camfleet::sim {
namespace {

struct Received {
  int channel = 0;
  rtp::Packet packet;
  Bytes bytes;
};

struct PlayerTest : ::testing::Test {
  PlayerTest() {
    const auto [server, other] = testing::tcp_pair();
    client = std::make_unique<testing::Client>(other);
    fd = server;
    stream = std::move(*net::TcpStream::adopt(loop.executor(), net::Descriptor{server}));
  }

  // All packets that have come.
  std::vector<Received> received() {
    std::string text;
    for (auto more = client->receive(50); !more.empty(); more = client->receive(50)) text += more;
    std::vector<Received> out;
    for (std::size_t at = 0; at + 4 <= text.size();) {
      EXPECT_EQ(text[at], '$');
      const auto bytes = as_bytes(text).subspan(at);
      const auto size = load16(bytes.data() + 2);
      Received one{
          .channel = bytes[1], .packet = {}, .bytes = Bytes(bytes.begin() + 4, bytes.begin() + 4 + size)};
      if (one.channel % 2 == 0) one.packet = *rtp::parse(one.bytes);
      out.push_back(std::move(one));
      at += 4 + size;
    }
    return out;
  }

  net::Loop loop{0, "test"};
  net::TcpStream stream;
  int fd = -1;
  std::unique_ptr<testing::Client> client;
  Outlet outlet{stream};
  Counters counters;
  Clip clip = *Clip::cut(testing::small_annexb(2, 5));
  Player player{
      clip, outlet, counters, {.ssrc = 0xabcd, .sequence = 65'530, .timestamp = 0xfffff000, .channel = 4}, 7};
};

TEST_F(PlayerTest, begins_with_a_key_frame_and_a_sender_report) {
  player.tick(100, system_clock());
  const auto got = received();
  ASSERT_EQ(got.size(), 6u);  // SPS, PPS, three fragments, report
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(got[i].channel, 4);
    EXPECT_EQ(got[i].packet.ssrc, 0xabcdu);
    EXPECT_EQ(got[i].packet.sequence, static_cast<std::uint16_t>(65'530 + i));
    EXPECT_EQ(got[i].packet.timestamp, 0xfffff000u);
    EXPECT_EQ(got[i].packet.marker, i == 4);
  }
  EXPECT_EQ(got[5].channel, 5);
  const auto reports = rtp::parse_rtcp(got[5].bytes);
  ASSERT_TRUE(reports);
  EXPECT_FALSE(reports->damaged);
  const auto& report = std::get<rtp::SenderReport>(reports->reports.at(0));
  EXPECT_EQ(report.ssrc, 0xabcdu);
  EXPECT_EQ(report.rtp_timestamp, 0xfffff000u);
  EXPECT_EQ(report.packet_count, 5u);
}

TEST_F(PlayerTest, rtp_time_and_sequence_go_on_over_the_seam_of_the_clip) {
  for (std::uint64_t round = 0; round < 25; ++round) player.tick(round, system_clock());
  std::uint16_t sequence = 65'530;
  std::uint32_t frame = 0;
  for (const auto& one : received()) {
    if (one.channel != 4) continue;
    EXPECT_EQ(one.packet.sequence, sequence++);
    EXPECT_EQ(one.packet.timestamp, 0xfffff000u + frame * kTicksPerFrame);
    frame += one.packet.marker ? 1 : 0;
  }
  EXPECT_EQ(frame, 25u);
  EXPECT_EQ(counters.frames, 25u);
}

TEST_F(PlayerTest, reports_come_each_five_seconds) {
  for (std::uint64_t round = 0; round < 251; ++round) player.tick(round, system_clock());
  int reports = 0;
  for (const auto& one : received()) reports += one.channel == 5 ? 1 : 0;
  EXPECT_EQ(reports, 3);
}

TEST_F(PlayerTest, a_slow_reader_loses_frames_to_the_next_key_frame_and_bytes_stay_bounded) {
  const int small = 4096;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  std::uint64_t round = 0;
  while (counters.frames_skipped < 20 && round < 1'000'000) player.tick(round++, system_clock());
  ASSERT_EQ(counters.frames_skipped, 20u);
  auto before = received();  // reads, so that the socket is free again
  for (int i = 0; i < 12; ++i) player.tick(round++, system_clock());
  auto after = received();
  std::erase_if(after, [](const Received& one) { return one.channel != 4; });
  ASSERT_GE(after.size(), 5u);
  // No half frame: sequence numbers have no gap, and the first whole frame after the loss is a key frame.
  std::vector<Received> all;
  for (const auto* part : {&before, &after})
    for (const auto& one : *part)
      if (one.channel == 4) all.push_back(one);
  std::uint32_t jumps = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_EQ(all[i].packet.sequence, static_cast<std::uint16_t>(all[i - 1].packet.sequence + 1));
    const auto step = all[i].packet.timestamp - all[i - 1].packet.timestamp;
    if (step > kTicksPerFrame) {
      ++jumps;
      EXPECT_EQ(all[i].packet.payload[0] & 0x1f, 7);  // SPS
    }
  }
  EXPECT_EQ(jumps, 1u);
}

TEST_F(PlayerTest, what_becomes_of_each_packet_is_for_its_fate_to_say) {
  std::vector<Fate> fates{Fate::sent, Fate::lost, Fate::twice, Fate::later, Fate::sent};
  Player::PacketFate fate = [&fates] {
    const auto next = fates.front();
    fates.erase(fates.begin());
    fates.push_back(Fate::sent);
    return next;
  };
  Player fated{clip, outlet, counters, {.ssrc = 1, .sequence = 10, .timestamp = 0, .channel = 4}, 0, &fate};
  fated.tick(0, system_clock());
  std::vector<std::uint16_t> sequences;
  for (const auto& one : received())
    if (one.channel == 4) sequences.push_back(one.packet.sequence);
  EXPECT_EQ(sequences, (std::vector<std::uint16_t>{10, 12, 12, 14, 13})) << "of SPS, PPS and three fragments";
}

TEST_F(PlayerTest, a_late_loop_skips_frames_and_keeps_time) {
  player.tick(0, system_clock());
  player.tick(33, system_clock());
  player.tick(34, system_clock());
  for (std::uint64_t round = 35; round < 40; ++round) player.tick(round, system_clock());
  std::uint32_t last = 0;
  for (const auto& one : received())
    if (one.channel == 4) last = one.packet.timestamp;
  EXPECT_EQ(last, 0xfffff000u + 39 * kTicksPerFrame);
  EXPECT_GE(counters.frames_skipped, 32u);
}

TEST_F(PlayerTest, a_wanted_key_frame_comes_next) {
  player.tick(0, system_clock());
  player.tick(1, system_clock());
  player.want_key();
  player.tick(2, system_clock());
  std::uint8_t kind = 0;
  for (const auto& one : received())
    if (one.channel == 4 && one.packet.timestamp == 0xfffff000u + 2 * kTicksPerFrame && kind == 0)
      kind = one.packet.payload[0] & 0x1f;
  EXPECT_EQ(kind, 7);
}

TEST_F(PlayerTest, a_reader_that_went_away_ends_it) {
  client->close();
  for (std::uint64_t round = 0; round < 10 && !outlet.dead(); ++round) player.tick(round, system_clock());
  EXPECT_TRUE(outlet.dead());
}

TEST_F(PlayerTest, another_view_begins_with_its_key_frame_and_goes_round) {
  const auto views = *Clip::cut(testing::small_annexb(4, 3));
  View view{&clip, 0, clip.frames()};
  player.watch([&view] { return view; });
  player.tick(0, system_clock());
  view = {&views, 6, 3};
  for (std::uint64_t round = 1; round <= 4; ++round) player.tick(round, system_clock());
  std::vector<int> frames;  // the second byte of a slice, or of its first fragment's first slice byte, tells
  for (const auto& one : received()) {
    if (one.channel != 4) continue;
    const auto payload = one.packet.payload;
    if ((payload[0] & 31) == 1) frames.push_back(payload[1] & 0x7f);
    if ((payload[0] & 31) == 28 && (payload[1] & 0x80) != 0) frames.push_back(payload[2] & 0x7f);
  }
  EXPECT_EQ(frames, (std::vector<int>{5, 6, 7, 8, 6})) << "frame 7 of the clip is in the GOP of frame 5";
}

TEST_F(PlayerTest, sound_goes_beside_the_pictures_with_numbers_of_its_own) {
  const auto sound = Sound::g711(Bytes(3 * 320, 0xff));
  player.add_sound(sound, 8, outlet, {.ssrc = 0x77, .sequence = 9, .timestamp = 1000, .channel = 6}, false);
  for (std::uint64_t round = 10; round < 15; ++round) player.tick(round, system_clock());
  std::vector<std::uint32_t> stamps;
  std::uint16_t sequence = 9;
  bool report = false;
  for (const auto& one : received()) {
    report |= one.channel == 7;
    if (one.channel != 6) continue;
    EXPECT_EQ(one.packet.payload_type, 8);
    EXPECT_EQ(one.packet.ssrc, 0x77u);
    EXPECT_EQ(one.packet.sequence, sequence++);
    EXPECT_EQ(one.packet.payload.size(), 320u);
    stamps.push_back(one.packet.timestamp);
  }
  EXPECT_EQ(stamps, (std::vector<std::uint32_t>{1000, 1320, 1640, 1960, 2280}))
      << "also past the end of the sound";
  EXPECT_TRUE(report);
  EXPECT_EQ(counters.sound_packets, 5u);
}

}  // namespace
}  // namespace camfleet::sim
