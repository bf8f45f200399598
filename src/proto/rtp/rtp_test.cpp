#include <gtest/gtest.h>

#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::rtp {
namespace {

Bytes packet(std::size_t size, std::uint8_t first = 0x80) {
  Bytes bytes(size, 0xAA);
  if (size >= kHeaderSize) write_header(bytes.data(), true, 96, 0x1234, 0x89ABCDEF, 0xCAFEBABE);
  if (size > 0) bytes[0] = first;
  return bytes;
}

TEST(RtpPacket, reads_what_the_writer_wrote) {
  const auto bytes = packet(20);
  const auto read = parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->marker);
  EXPECT_EQ(read->payload_type, 96);
  EXPECT_EQ(read->sequence, 0x1234);
  EXPECT_EQ(read->timestamp, 0x89ABCDEFU);
  EXPECT_EQ(read->ssrc, 0xCAFEBABEU);
  EXPECT_EQ(read->payload.size(), 8U);
  EXPECT_EQ(read->payload.data(), bytes.data() + 12);
  EXPECT_FALSE(read->extension);
}

TEST(RtpPacket, refuses_anything_shorter_than_a_header_and_other_versions) {
  for (std::size_t size = 0; size < kHeaderSize; ++size)
    EXPECT_EQ(parse(packet(size)).error().place, "short");
  for (const std::uint8_t version : {0x00, 0x40, 0xC0})
    EXPECT_EQ(parse(packet(20, version)).error().place, "version");
  EXPECT_TRUE(parse(packet(kHeaderSize))->payload.empty());
}

TEST(RtpPacket, sources_have_to_fit) {
  EXPECT_EQ(parse(packet(71, 0x8F)).error().place, "csrc");
  EXPECT_EQ(parse(packet(72, 0x8F))->csrc_count, 15);
  EXPECT_TRUE(parse(packet(72, 0x8F))->payload.empty());
}

TEST(RtpPacket, an_extension_has_to_fit) {
  auto bytes = packet(24, 0x90);
  store16(&bytes[12], 0xABAC);
  store16(&bytes[14], 1);
  const auto read = parse(bytes);
  ASSERT_TRUE(read && read->extension);
  EXPECT_EQ(read->extension->profile, 0xABAC);
  EXPECT_EQ(read->extension->data.size(), 4U);
  EXPECT_EQ(read->payload.size(), 4U);
  for (const std::uint16_t words : {3, 0x4000, 0xFFFF}) {
    store16(&bytes[14], words);
    EXPECT_EQ(parse(bytes).error().place, "extension") << words;
  }
  EXPECT_FALSE(parse(packet(15, 0x90)));
}

TEST(RtpPacket, padding_has_to_be_there_and_to_fit) {
  auto bytes = packet(20, 0xA0);
  for (int padding = 1; padding <= 8; ++padding) {
    bytes.back() = static_cast<std::uint8_t>(padding);
    EXPECT_EQ(parse(bytes)->payload.size(), 8U - static_cast<std::size_t>(padding));
  }
  for (const std::uint8_t padding : {0, 9, 20, 255}) {
    bytes.back() = padding;
    EXPECT_EQ(parse(bytes).error().place, "padding");
  }
  EXPECT_FALSE(parse(packet(kHeaderSize, 0xA0)));
}

TEST(RtpPacket, rtcp_is_told_by_its_type) {
  Bytes rtcp;
  write(rtcp, ReceiverReport{1, {}});
  EXPECT_TRUE(is_rtcp(rtcp));
  EXPECT_FALSE(is_rtcp(packet(20)));
  EXPECT_FALSE(is_rtcp({}));
}

ReportBlock block(std::uint32_t ssrc) { return {ssrc, 12, -5, 0x10001, 77, 0x1234, 0x5678}; }

TEST(Rtcp, what_is_written_is_read_back) {
  const std::vector<Report> reports{
      SenderReport{1, 0xE0000000'80000000, 90'000, 25, 30'000, {block(2), block(3)}},
      ReceiverReport{4, {block(5)}},
      SourceDescription{1, "camfleet"},
      SourceDescription{1, ""},
      SourceDescription{1, "ab"},
      Bye{{1, 2}, "end of file"},
      Bye{{}, ""},
  };
  Bytes bytes;
  for (const auto& report : reports) std::visit([&](const auto& one) { write(bytes, one); }, report);
  EXPECT_EQ(bytes.size() % 4, 0U);
  const auto read = parse_rtcp(bytes);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->damaged);
  EXPECT_EQ(read->reports, reports);
}

TEST(Rtcp, lost_packets_have_24_bits_and_a_sign) {
  for (const std::int32_t lost : {0, 1, -1, 0x7FFFFF, -0x800000, 0x800000}) {
    Bytes bytes;
    auto one = block(1);
    one.cumulative_lost = lost;
    write(bytes, ReceiverReport{9, {one}});
    const auto read = std::get<ReceiverReport>(parse_rtcp(bytes)->reports[0]);
    EXPECT_EQ(read.blocks[0].cumulative_lost, std::min(lost, 0x7FFFFF));
    EXPECT_EQ(read.blocks[0].fraction_lost, 12);
  }
}

TEST(Rtcp, lengths_that_lie_are_damage_and_no_error) {
  Bytes bytes;
  write(bytes, SenderReport{1, 2, 3, 4, 5, {}});
  const auto good = bytes.size();
  write(bytes, Bye{{1}, ""});
  store16(&bytes[good + 2], 500);
  auto read = parse_rtcp(bytes);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->damaged);
  EXPECT_EQ(read->reports.size(), 1U);

  bytes[0] = 0x9F;  // 31 blocks that are not there
  read = parse_rtcp(bytes);
  EXPECT_TRUE(read->damaged);
  EXPECT_TRUE(read->reports.empty());
}

TEST(Rtcp, eight_bytes_of_nothing_are_ignored) {
  const Bytes receiver_report{0x80, 201, 0, 1, 0, 0, 0, 7};
  EXPECT_EQ(parse_rtcp(receiver_report)->reports.size(), 1U);
  const Bytes unknown{0x80, 204, 0, 1, 0, 0, 0, 7};
  EXPECT_TRUE(parse_rtcp(unknown)->reports.empty());
  const Bytes junk{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(parse_rtcp(junk).error().code, Code::rtp_invalid);
  EXPECT_FALSE(parse_rtcp({}));
  EXPECT_FALSE(parse_rtcp(Bytes(1501, 0x80)));
}

TEST(Rtcp, ntp_counts_on_after_2036) {
  using std::chrono::microseconds;
  const UnixTime times[] = {UnixTime(microseconds(0)), UnixTime(microseconds(1'795'358'387'123'456)),
                            UnixTime(microseconds(2'085'978'495'999'999)),
                            UnixTime(microseconds(2'085'978'496'000'000)),
                            UnixTime(microseconds(3'000'000'000'000'001))};
  for (const auto time : times) EXPECT_EQ(from_ntp(to_ntp(time)), time);
  EXPECT_EQ(to_ntp(UnixTime(microseconds(0))), std::uint64_t{2'208'988'800} << 32);
  EXPECT_EQ(compact(0x11223344'55667788), 0x33445566U);
  from_ntp(0);
  from_ntp(~NtpTime{0});
}

}  // namespace
}  // namespace camfleet::rtp
