#include "device/hcnetsdk/media.h"

#include <gmock/gmock.h>

#include "proto/rtp/packet.h"
#include "proto/sdkhost/descriptors.h"

namespace camfleet::device::hcnetsdk {
namespace {

struct Recorded : model::Publisher {
  void start(model::StreamInfo what) override {
    ++starts;
    info = std::move(what);
  }
  void packet(model::Packet packet) override { packets.push_back(std::move(packet)); }
  void flush() override {}
  int starts = 0;
  model::StreamInfo info;
  std::vector<model::Packet> packets;
};

Bytes rtp_packet(std::uint8_t type, std::uint16_t sequence, std::initializer_list<std::uint8_t> payload,
                 bool marker = true) {
  Bytes out(rtp::kHeaderSize);
  rtp::write_header(out.data(), marker, type, sequence, 1000U * sequence, 7);
  out.insert(out.end(), payload);
  return out;
}

Bytes media_header(std::uint16_t video, std::uint16_t audio) {
  Bytes out(40);
  std::ranges::copy(std::string_view{"IMKH"}, out.begin());
  out[8] = 4;
  out[10] = static_cast<std::uint8_t>(video);
  out[11] = static_cast<std::uint8_t>(video >> 8);
  out[12] = static_cast<std::uint8_t>(audio);
  out[13] = static_cast<std::uint8_t>(audio >> 8);
  out[14] = 1;
  out[16] = 0x40;
  out[17] = 0x1F;
  return out;
}

constexpr std::string_view kSdp =
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Media Presentation\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
    "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:trackID=2\r\n";

const SteadyTime kNow = std::chrono::steady_clock::now();

TEST(HcNetSdkMedia, the_description_and_the_packets_are_a_stream) {
  Media media;
  Recorded to;
  ASSERT_TRUE(media.feed(sdkhost::kDescription, as_bytes(kSdp), kNow, to));
  ASSERT_EQ(to.starts, 1);
  ASSERT_EQ(to.info.tracks.size(), 2U);
  EXPECT_EQ(to.info.tracks[0].codec, model::Codec::h264);
  EXPECT_EQ(to.info.tracks[1].codec, model::Codec::pcma);
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 1, {0x65, 0x88, 0x80}), kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kAudio, rtp_packet(8, 2, {1, 2, 3}), kNow, to));
  ASSERT_EQ(to.packets.size(), 2U);
  EXPECT_TRUE(to.packets[0].key_start);
  EXPECT_TRUE(to.packets[0].marker);
  EXPECT_EQ(to.packets[0].timestamp, 1000U);
  EXPECT_EQ(to.packets[1].track, 1);
  EXPECT_EQ(media.last(), kNow);
  // Told again after the library connected anew: it goes on.
  ASSERT_TRUE(media.feed(sdkhost::kDescription, as_bytes(kSdp), kNow, to));
  EXPECT_EQ(to.starts, 1);
}

TEST(HcNetSdkMedia, without_a_description_the_header_says_what_it_is) {
  Media media;
  Recorded to;
  ASSERT_TRUE(media.feed(sdkhost::kHead, media_header(5, 0x7110), kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 1, {0x26, 0x01, 0x80, 0}), kNow, to));
  ASSERT_EQ(to.starts, 1);
  EXPECT_EQ(to.info.tracks[0].codec, model::Codec::h265);
  EXPECT_EQ(to.info.tracks[1].codec, model::Codec::pcmu);
  EXPECT_EQ(to.packets.size(), 1U);
}

TEST(HcNetSdkMedia, a_description_that_was_cut_off_is_not_begun_with) {
  const auto cut = kSdp.substr(0, kSdp.find("a=rtpmap"));
  Media media;
  Recorded to;
  EXPECT_FALSE(media.feed(sdkhost::kDescription, as_bytes(cut), kNow, to)) << "nothing says what it is";
  EXPECT_EQ(to.starts, 0);
  // With a head it is known all the same.
  ASSERT_TRUE(media.feed(sdkhost::kHead, media_header(0x100, 0), kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kDescription, as_bytes(cut), kNow, to));
  EXPECT_EQ(to.starts, 0);
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 1, {0x65, 0x88, 0x80}), kNow, to));
  ASSERT_EQ(to.starts, 1);
  EXPECT_EQ(to.info.tracks[0].codec, model::Codec::h264);
}

TEST(HcNetSdkMedia, what_is_no_packet_is_passed_over) {
  Media media;
  Recorded to;
  EXPECT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 1, {0x65, 0x88}), kNow, to))
      << "nothing says what it is";
  EXPECT_EQ(to.starts, 0);
  ASSERT_TRUE(media.feed(sdkhost::kDescription, as_bytes(kSdp), kNow, to));
  for (const auto& bytes : {Bytes{}, Bytes{0x80}, Bytes(11, 0), Bytes(70'000, 0x80)})
    EXPECT_TRUE(media.feed(sdkhost::kVideo, bytes, kNow, to));
  EXPECT_TRUE(media.feed(200, as_bytes("something"), kNow, to));
  EXPECT_TRUE(to.packets.empty());
}

TEST(HcNetSdkMedia, after_a_loss_it_goes_on_with_a_key_picture) {
  Media media;
  Recorded to;
  ASSERT_TRUE(media.feed(sdkhost::kDescription, as_bytes(kSdp), kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 1, {0x65, 0x88, 0x80}), kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kLoss, {}, kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 3, {0x41, 0x9A, 0x00}), kNow, to));
  EXPECT_EQ(to.packets.size(), 1U);
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 4, {0x65, 0x88, 0x80}), kNow, to));
  ASSERT_TRUE(media.feed(sdkhost::kVideo, rtp_packet(96, 5, {0x41, 0x9A, 0x00}), kNow, to));
  EXPECT_EQ(to.packets.size(), 3U);
}

TEST(HcNetSdkMedia, a_description_with_nothing_to_show_ends_it) {
  Media media;
  Recorded to;
  EXPECT_FALSE(media.feed(sdkhost::kDescription, as_bytes("v=0\r\ns=x\r\n"), kNow, to));
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
