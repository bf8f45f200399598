#include "sim/sound.h"

#include <gtest/gtest.h>

namespace camfleet::sim {
namespace {

// An ADTS frame of AAC-LC, 16 kHz, one channel.
Bytes adts(std::size_t payload) {
  const auto size = payload + 7;
  Bytes out{0xff,
            0xf1,
            0x60,
            static_cast<std::uint8_t>(0x40 | size >> 11),
            static_cast<std::uint8_t>(size >> 3),
            static_cast<std::uint8_t>(size << 5 | 0x1f),
            0xfc};
  out.resize(size, 0xaa);
  return out;
}

TEST(Sound, g711_is_cut_into_packets_of_forty_milliseconds) {
  const auto sound = Sound::g711(Bytes(1000, 0xd5));
  EXPECT_EQ(sound.packets(), 3u) << "the rest is too short";
  EXPECT_EQ(sound.packet(2).size(), 320u);
  EXPECT_EQ(sound.ticks_per_packet() * 1000 / sound.clock_rate(), 40u);
}

TEST(Sound, aac_becomes_one_access_unit_a_packet_with_its_header) {
  auto two = adts(200);
  const auto more = adts(300);
  two.insert(two.end(), more.begin(), more.end());
  const auto sound = Sound::aac(two);
  ASSERT_TRUE(sound);
  ASSERT_EQ(sound->packets(), 2u);
  EXPECT_EQ(sound->clock_rate(), 16'000u);
  EXPECT_EQ(sound->config(), (Bytes{0x14, 0x08}));
  const auto packet = sound->packet(1);
  ASSERT_EQ(packet.size(), 304u);
  EXPECT_EQ((Bytes{packet.begin(), packet.begin() + 4}), (Bytes{0, 16, 300 >> 5, (300 << 3) & 0xff}));
  EXPECT_EQ(packet[4], 0xaa);
}

TEST(Sound, refuses_what_is_no_adts_or_is_cut) {
  auto cut = adts(100);
  cut.pop_back();
  EXPECT_EQ(Sound::aac(cut).error().code, Code::media_bad_data);
  EXPECT_EQ(Sound::aac(Bytes{1, 2, 3, 4, 5, 6, 7, 8}).error().code, Code::media_bad_data);
}

TEST(Sounds, that_are_empty_are_none) {
  const Sounds none;
  EXPECT_EQ(none.of(Audio::pcmu), nullptr);
  EXPECT_EQ(none.of(Audio::none), nullptr);
}

}  // namespace
}  // namespace camfleet::sim
