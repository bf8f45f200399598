#include "proto/ts/packet_writer.h"

#include <gtest/gtest.h>

#include <array>

#include "proto/ts/annexb_unit.h"
#include "proto/ts/testing/reader.h"

namespace camfleet::ts {
namespace {

using testing::Reader;

Bytes bytes_of(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return out;
}

TEST(Ts, sum_of_a_table) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0x0376E6E7U) << "the check value of CRC-32/MPEG-2";
}

TEST(Ts, tables_byte_by_byte) {
  PacketWriter writer{StreamType::h264, true};
  Bytes out;
  writer.tables(out);
  ASSERT_EQ(out.size(), 2 * kPacket);
  EXPECT_EQ(to_hex(ByteView{out}.first(21)), "474000100000b00d0001c100000001f0002ab104b2");
  EXPECT_EQ(to_hex(ByteView{out}.subspan(kPacket, 31 - 4)),
            "475000100002b0170001c10000e100f0001be100f0000fe101f000");
  Reader reader;
  reader.read(out);
  EXPECT_EQ(reader.clock_pid, kVideoPid);
  EXPECT_EQ(reader.types, (std::map<std::uint16_t, std::uint8_t>{{kVideoPid, 0x1B}, {kAudioPid, 0x0F}}));
}

TEST(Ts, units_of_every_size_come_back_as_they_were) {
  PacketWriter writer{StreamType::h265, true};
  Reader reader;
  Bytes out;
  writer.tables(out);
  std::vector<Bytes> sent;
  const auto send = [&](std::size_t size, bool picture, bool key, std::int64_t shown, std::int64_t decoded) {
    sent.push_back(bytes_of(size));
    const ByteView all{sent.back()};
    const std::array parts{all.first(size / 3), ByteView{}, all.subspan(size / 3)};
    const Unit unit{parts, shown, decoded, key};
    ASSERT_TRUE(picture ? writer.video(out, unit) : writer.audio(out, unit));
  };
  for (std::size_t size = 1; size < 600; ++size)
    send(size, size % 2 == 0, size % 3 == 0, 3'600 * std::int64_t(size) + 7'200,
         3'600 * std::int64_t(size) + (size % 5 == 0 ? 7'200 : 0));
  send(300'000, true, true, 1, 1);
  reader.read(out);
  ASSERT_EQ(reader.units.size(), sent.size());
  for (std::size_t i = 0; i < 599; ++i) {
    const auto size = i + 1;
    const auto& unit = reader.units[i];
    const auto at = 3'600 * std::int64_t(size) + PacketWriter::kStart;
    ASSERT_EQ(unit.data, sent[i]) << size;
    EXPECT_EQ(unit.pid, size % 2 == 0 ? kVideoPid : kAudioPid);
    EXPECT_EQ(unit.key, size % 3 == 0);
    EXPECT_EQ(unit.shown, at + 7'200);
    EXPECT_EQ(unit.decoded, size % 2 == 0 && size % 5 != 0 ? at : at + 7'200);
    EXPECT_EQ(unit.sized, size % 2 == 1) << "of sound";
    EXPECT_EQ(unit.clock.has_value(), size % 2 == 0);
    if (unit.clock) EXPECT_EQ(*unit.clock, unit.decoded - PacketWriter::kAhead);
  }
  EXPECT_EQ(reader.units.back().data, sent.back());
}

TEST(Ts, sound_alone_carries_the_clock) {
  PacketWriter writer{std::nullopt, true};
  Bytes out;
  writer.tables(out);
  const auto data = bytes_of(200);
  const std::array parts{ByteView{data}};
  ASSERT_TRUE(writer.audio(out, {parts, 900, 900, true}));
  Reader reader;
  reader.read(out);
  EXPECT_EQ(reader.clock_pid, kAudioPid);
  EXPECT_EQ(reader.units[0].clock, 900 + PacketWriter::kStart - PacketWriter::kAhead);
  EXPECT_TRUE(reader.units[0].key);
}

TEST(Ts, times_go_round_after_26_hours) {
  PacketWriter writer{StreamType::h264, false};
  Bytes out;
  writer.tables(out);
  const auto data = bytes_of(10);
  const std::array parts{ByteView{data}};
  constexpr auto kRound = std::int64_t{1} << 33;
  const std::int64_t last = kRound - PacketWriter::kStart - 1;
  ASSERT_TRUE(writer.video(out, {parts, last, last, true}));
  ASSERT_TRUE(writer.video(out, {parts, last + 3'601, last + 1, false}));
  Reader reader;
  reader.read(out);
  EXPECT_EQ(reader.units[0].shown, kRound - 1);
  EXPECT_EQ(reader.units[1].decoded, 0);
  EXPECT_EQ(reader.units[1].shown, 3'600);
  EXPECT_EQ(reader.units[1].clock, kRound - PacketWriter::kAhead);
}

TEST(Ts, what_cannot_be_carried_is_refused_and_leaves_nothing_behind) {
  PacketWriter writer{StreamType::h264, true};
  Bytes out;
  const auto data = bytes_of(0xFFFF - 7);
  const std::array parts{ByteView{data}};
  EXPECT_EQ(writer.audio(out, {parts}).error().code, Code::media_bad_data);
  EXPECT_EQ(writer.video(out, {}).error().code, Code::media_bad_data);
  EXPECT_EQ(writer.audio(out, {}).error().code, Code::media_bad_data);
  EXPECT_TRUE(out.empty());
}

TEST(Ts, a_picture_behind_start_codes) {
  const Bytes data{0, 0, 0, 2, 0x65, 0x88, 0, 0, 0, 1, 0x06, 0, 0, 0, 9, 0x01};
  const std::vector<Bytes> sets{{0x67, 1}, {0x68, 2}};
  const auto joined = [&](h26x::Codec codec, std::span<const Bytes> with) {
    Bytes out;
    for (const auto part : annexb_unit(codec, with, data)) out.insert(out.end(), part.begin(), part.end());
    return to_hex(out);
  };
  EXPECT_EQ(joined(h26x::Codec::h264, sets),
            "0000000109f0"
            "000000016701"
            "000000016802"
            "000000016588"
            "0000000106")
      << "a length that does not fit ends it";
  EXPECT_EQ(joined(h26x::Codec::h265, {}),
            "00000001460150"
            "000000016588"
            "0000000106");
}

}  // namespace
}  // namespace camfleet::ts
