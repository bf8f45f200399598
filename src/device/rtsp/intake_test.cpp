#include "device/rtsp/intake.h"

#include <gtest/gtest.h>

#include <cstring>

#include "device/testing/fake_camera.h"

namespace camfleet::device {
namespace {

using testing::frame;
using testing::rtp_frame;

struct Kept : model::Publisher {
  void start(model::StreamInfo) override {}
  void packet(model::Packet packet) override { packets.push_back(std::move(packet)); }
  void flush() override {}
  std::vector<model::Packet> packets;
};

// H.264 payloads: the first bytes are what matters.
const std::string kSps("\x67\x42\x00\x29", 4), kPps("\x68\xce\x3c\x80", 4);
const std::string kIdrStart("\x7c\x85\x88", 3), kIdrEnd("\x7c\x45\x99", 3), kSlice("\x61\x9a\x01", 3);

Intake::Track video(std::uint8_t index = 0) {
  Intake::Track track;
  track.index = index;
  track.codec = model::Codec::h264;
  track.starts = true;
  track.payload_types[0] = 96;
  track.payload_type_count = 1;
  return track;
}

// Pushes `bytes` in pieces of at most `piece`; the first error.
Result<void> push(Intake& intake, std::string_view bytes, std::size_t piece, model::Publisher* to) {
  while (!bytes.empty()) {
    const auto room = intake.room();
    EXPECT_FALSE(room.empty());
    const auto part = bytes.substr(0, std::min(piece, room.size()));
    std::memcpy(room.data(), part.data(), part.size());
    bytes.remove_prefix(part.size());
    if (auto taken = intake.received(part.size(), SteadyTime{std::chrono::seconds{1}}, to); !taken)
      return taken;
  }
  return {};
}

std::string payload_of(const model::Packet& packet) { return std::string{as_text(packet.rtp())}; }

std::string session() {
  std::string bytes;
  bytes += "RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: 1\r\n\r\n";
  bytes += rtp_frame(0, 96, false, 1, 3600, kSps);
  bytes += rtp_frame(0, 96, true, 2, 3600, kPps);
  bytes += "RTSP/1.0 200 OK\r\nCSeq: 5\r\nContent-Length: 5\r\n\r\n$abcd";
  bytes += rtp_frame(0, 96, false, 3, 3600, kIdrStart + std::string(900, 'i'));
  bytes += rtp_frame(0, 96, true, 4, 3600, kIdrEnd + std::string(500, 'i'));
  bytes += frame(1, std::string("\x80\xc8\0\6", 4) + std::string(24, '\1'));
  bytes += "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";
  bytes += rtp_frame(0, 96, true, 5, 7200, kSlice + std::string(300, 'p'));
  return bytes;
}

TEST(Intake, every_split_of_a_session_gives_the_same_packets_and_messages) {
  const auto bytes = session();
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    Intake intake;
    Kept kept;
    intake.assign(0, 1, video());
    ASSERT_TRUE(push(intake, bytes.substr(0, cut), cut, &kept)) << cut;
    ASSERT_TRUE(push(intake, bytes.substr(cut), bytes.size(), &kept)) << cut;
    ASSERT_EQ(kept.packets.size(), 6U) << cut;
    EXPECT_EQ(kept.packets[3].marker, true);
    EXPECT_EQ(kept.packets[3].timestamp, 3600U);
    EXPECT_TRUE(kept.packets[4].rtcp);
    EXPECT_EQ(payload_of(kept.packets[5]).substr(12), kSlice + std::string(300, 'p'));
    EXPECT_TRUE(std::holds_alternative<rtsp::Response>(*intake.message()));
    EXPECT_EQ(std::get<rtsp::Response>(*intake.message()).body, "$abcd");
    EXPECT_EQ(std::get<rtsp::Request>(*intake.message()).method, "OPTIONS");
    EXPECT_FALSE(intake.message());
  }
}

TEST(Intake, one_byte_at_a_time_gives_the_same_packets) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  ASSERT_TRUE(push(intake, session(), 1, &kept));
  EXPECT_EQ(kept.packets.size(), 6U);
}

TEST(Intake, a_key_picture_begins_once_at_its_parameter_sets) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  ASSERT_TRUE(push(intake, session(), 10'000, &kept));
  std::vector<bool> starts;
  for (const auto& packet : kept.packets) starts.push_back(packet.key_start);
  EXPECT_EQ(starts, (std::vector<bool>{true, false, false, false, false, false}));
}

TEST(Intake, parameter_sets_with_a_time_of_their_own_belong_to_the_picture_behind_them) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  std::string bytes = rtp_frame(0, 96, true, 1, 1000, kSps) + rtp_frame(0, 96, true, 2, 1001, kPps) +
                      rtp_frame(0, 96, true, 3, 3600, kIdrStart) + rtp_frame(0, 96, true, 4, 7200, kSlice) +
                      rtp_frame(0, 96, true, 5, 10800, kIdrStart);
  ASSERT_TRUE(push(intake, bytes, 10'000, &kept));
  EXPECT_TRUE(kept.packets[0].key_start);
  EXPECT_FALSE(kept.packets[2].key_start);
  EXPECT_TRUE(kept.packets[4].key_start);
}

TEST(Intake, a_camera_whose_timestamps_stand_still_still_has_key_pictures) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  for (std::uint16_t i = 0; i < 3; ++i)
    ASSERT_TRUE(push(intake, rtp_frame(0, 96, true, i, 0, kIdrStart) + rtp_frame(0, 96, true, i, 0, kSlice),
                     10'000, &kept));
  int starts = 0;
  for (const auto& packet : kept.packets) starts += packet.key_start ? 1 : 0;
  EXPECT_EQ(starts, 3);
}

TEST(Intake, channels_of_the_camera_become_ours) {
  Intake intake;
  Kept kept;
  intake.assign(6, 9, video());
  auto audio = video(1);
  audio.starts = false;
  audio.payload_types[0] = 8;
  intake.assign(2, 3, audio);
  ASSERT_TRUE(push(intake,
                   rtp_frame(6, 96, true, 1, 1, kSlice) + frame(9, std::string("\x80\xc8\0\6aaaa", 8)) +
                       rtp_frame(2, 8, true, 1, 1, "pcma"),
                   10'000, &kept));
  ASSERT_EQ(kept.packets.size(), 3U);
  EXPECT_EQ(kept.packets[0].framed()[1], 0);
  EXPECT_EQ(kept.packets[1].framed()[1], 1);
  EXPECT_EQ(kept.packets[2].framed()[1], 2);
  EXPECT_EQ(kept.packets[2].track, 1);
}

TEST(Intake, a_packet_of_64_kilobytes_fits) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  const auto big = rtp_frame(0, 96, true, 1, 1, kSlice + std::string(65'535 - 12 - 3, 'x'));
  ASSERT_TRUE(push(intake, session() + big + session() + big, 700, &kept));
  EXPECT_EQ(kept.packets.back().size, 65'539U);
}

TEST(Intake, packets_outlive_their_slab_s_receiver) {
  Kept kept;
  {
    Intake intake;
    intake.assign(0, 1, video());
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(push(intake, session(), 1448, &kept));
      while (intake.message()) continue;
    }
  }
  for (std::size_t i = 5; i < kept.packets.size(); i += 6)
    ASSERT_EQ(payload_of(kept.packets[i]).substr(12), kSlice + std::string(300, 'p'));
}

TEST(Intake, slabs_grow_and_shrink_with_the_stream) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  const auto group = [](std::size_t frames) {
    std::string bytes = rtp_frame(0, 96, true, 1, 0, kIdrStart + std::string(1400, 'i'));
    for (std::size_t i = 1; i < frames; ++i)
      bytes += rtp_frame(0, 96, true, 1, static_cast<std::uint32_t>(i), kSlice + std::string(1400, 'p'));
    return bytes;
  };
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(push(intake, group(500), 4000, &kept));
  EXPECT_EQ(kept.packets.back().slab.get()->capacity(), 64U * 1024);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(push(intake, group(20), 4000, &kept));
  EXPECT_EQ(kept.packets.back().slab.get()->capacity(), 8U * 1024);
}

TEST(Intake, frames_on_unknown_channels_are_skipped_and_a_thousand_of_them_end_it) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(push(intake, frame(40, "private"), 10'000, &kept));
  ASSERT_TRUE(push(intake, frame(0, "") + rtp_frame(0, 96, true, 1, 1, kSlice), 10'000, &kept));
  EXPECT_EQ(kept.packets.size(), 1U);
  const auto ended = push(intake, frame(40, "private"), 10'000, &kept);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::rtsp_out_of_sync);
}

TEST(Intake, payload_types_that_nobody_announced_and_what_is_no_rtp_are_left_out) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  ASSERT_TRUE(push(intake,
                   rtp_frame(0, 112, true, 1, 1, "private") + frame(0, "no rtp at all") + frame(1, "short"),
                   10'000, &kept));
  EXPECT_TRUE(kept.packets.empty());
  EXPECT_EQ(intake.counters().foreign_payload, 1U);
  EXPECT_EQ(intake.counters().malformed, 2U);
}

// Row 58.
TEST(Intake, whatever_rtcp_says_ends_nothing) {
  const auto rtcp = [](int count, int type, std::uint16_t words, std::size_t bytes, char fill) {
    std::string out(bytes, fill);
    out[0] = static_cast<char>(0x80 | count);
    out[1] = static_cast<char>(type);
    out[2] = static_cast<char>(words >> 8);
    out[3] = static_cast<char>(words & 0xFF);
    return out;
  };
  for (const int channel : {0, 1}) {
    Intake intake;
    Kept kept;
    intake.assign(0, 1, video());
    std::string bytes;
    for (const char fill : {'\0', '\x7F', '\xFF'})  // 1900, the middle, 2036
      bytes += frame(static_cast<std::uint8_t>(channel), rtcp(0, 200, 6, 28, fill));   // sender reports
    bytes += frame(static_cast<std::uint8_t>(channel), rtcp(1, 203, 1, 8, 1));         // BYE
    bytes += frame(static_cast<std::uint8_t>(channel), rtcp(31, 200, 0xFFFF, 28, 1));  // lengths that lie
    bytes += frame(static_cast<std::uint8_t>(channel), rtcp(0, 204, 2, 12, 'A'));      // APP
    bytes += frame(static_cast<std::uint8_t>(channel), rtcp(0, 223, 1, 8, 0));         // nobody knows
    bytes += frame(static_cast<std::uint8_t>(channel), "\x80\xC8");                    // two bytes
    bytes += rtp_frame(0, 96, true, 5, 7200, kSlice);
    ASSERT_TRUE(push(intake, bytes, 7, &kept)) << channel;
    ASSERT_FALSE(kept.packets.empty());
    EXPECT_FALSE(kept.packets.back().rtcp);
    EXPECT_GE(intake.counters().malformed, 1U);
  }
}

TEST(Intake, lost_framing_is_found_again) {
  for (const std::string& junk :
       std::vector<std::string>{std::string("\x01\x02\x03"), std::string(3000, '\xEE'),
                                std::string("Abcdefg"), std::string("$\x30"), std::string("\0\0\0\0", 4)}) {
    Intake intake;
    Kept kept;
    intake.assign(0, 1, video());
    const auto good = rtp_frame(0, 96, true, 1, 1, kSlice + std::string(200, 'p'));
    std::string bytes = good + good + junk;
    for (int i = 0; i < 400; ++i) bytes += good;
    ASSERT_TRUE(push(intake, bytes, 1448, &kept)) << junk.size();
    EXPECT_GT(kept.packets.size(), 50U) << junk.size();
  }
}

// Row 13: found by fuzzing, it was looked for and found at the same place for ever.
TEST(Intake, what_begins_as_an_answer_and_is_none_is_passed_over) {
  for (const std::size_t piece : {1U, 5U, 1000U}) {
    Intake intake;
    Kept kept;
    intake.assign(0, 1, video());
    std::string bytes = rtp_frame(0, 96, true, 1, 3600, kSlice);
    for (int i = 0; i < 20; ++i) bytes += "RTSP/1.0\xFF\xFF" + std::string("R\0", 2);
    bytes += "\r\n" + rtp_frame(0, 96, true, 2, 7200, kSlice) + rtp_frame(0, 96, true, 3, 10800, kSlice);
    ASSERT_TRUE(push(intake, bytes, piece, &kept)) << piece;
    EXPECT_GE(kept.packets.size(), 2U) << piece;
  }
}

TEST(Intake, a_lost_byte_inside_a_packet_costs_little) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  const auto good = rtp_frame(0, 96, true, 1, 1, kSlice + std::string(200, 'p'));
  auto cut = good;
  cut.erase(100, 1);
  std::string bytes = good + cut;
  for (int i = 0; i < 400; ++i) bytes += good;
  ASSERT_TRUE(push(intake, bytes, 1448, &kept));
  EXPECT_GT(kept.packets.size(), 380U);
  EXPECT_EQ(intake.counters().resyncs, 1U);
}

TEST(Intake, sixty_four_kilobytes_of_junk_end_the_connection) {
  Intake intake;
  Kept kept;
  intake.assign(0, 1, video());
  const auto ended = push(intake, std::string(70'000, '\xEE'), 1448, &kept);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::rtsp_out_of_sync);
}

TEST(Intake, junk_before_there_are_tracks_ends_the_connection) {
  Intake intake;
  const auto ended = push(intake, "HTTP/1.1 200 OK\r\n\r\n", 100, nullptr);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::rtsp_bad_start_line);
}

TEST(Intake, bad_lengths_and_floods_of_headers_are_refused_without_being_stored) {
  for (const std::string& head : std::vector<std::string>{
           "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 0x10",
           "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 131073"}) {
    Intake intake;
    EXPECT_FALSE(push(intake, "RTSP/1.0 200 OK\r\n" + head + "\r\n\r\n", 100, nullptr)) << head;
  }
  Intake intake;
  std::string flood = "RTSP/1.0 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) flood += "X-Header: " + std::to_string(i) + "\r\n";
  EXPECT_FALSE(push(intake, flood, 1448, nullptr));
  EXPECT_LT(intake.counters().bytes, 20'000U);
}

}  // namespace
}  // namespace camfleet::device
