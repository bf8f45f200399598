#include "media/cipher_watch.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "media/testing/fake_video.h"
#include "proto/h26x/annexb.h"

namespace camfleet::media {
namespace {

using testing::rtp_packet;
using testing::TinyClip;

// What a stream key makes of a picture: the NAL header stays, what follows is noise.
enum class Scrambled { nothing, pictures, all_but_headers, everything };

std::vector<model::Packet> scramble(std::vector<model::Packet> packets, h26x::Codec codec, Scrambled what,
                                    std::mt19937& random) {
  const bool h264 = codec == h26x::Codec::h264;
  for (auto& packet : packets) {
    if (what == Scrambled::nothing) continue;
    const std::size_t head = 4 + rtp::kHeaderSize;
    auto* payload = packet.slab.get()->data() + packet.offset + head;
    const std::size_t size = packet.size - head;
    const ByteView view{payload, size};
    const auto kind = h26x::classify(codec, view);
    if (what == Scrambled::pictures && !kind.vcl) continue;
    const int type = h26x::nal_type(codec, view);
    const bool fragment = type == (h264 ? h26x::h264::kFuA : h26x::h265::kFragment);
    const std::size_t clear = what == Scrambled::everything ? 0 : (h264 ? 1U : 2U) + (fragment ? 1U : 0U);
    for (std::size_t i = clear; i < size; ++i) payload[i] = static_cast<std::uint8_t>(random());
  }
  return packets;
}

bool found(h26x::Codec codec, Scrambled what, bool sets_told, std::uint32_t seed, int frames = 400) {
  std::mt19937 random{seed};
  TinyClip clip{codec};
  CipherWatch watch{clip.info(sets_told).tracks[0]};
  for (int i = 0; i < frames; ++i)
    for (const auto& packet : scramble(clip.frame(), codec, what, random)) (void)watch.take(packet);
  return watch.encrypted();
}

TEST(CipherWatch, scrambled_streams_are_found_and_clear_ones_are_not) {
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265})
    for (const bool sets_told : {true, false}) {
      EXPECT_FALSE(found(codec, Scrambled::nothing, sets_told, 1));
      for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        EXPECT_TRUE(found(codec, Scrambled::pictures, sets_told, seed)) << seed;
        EXPECT_TRUE(found(codec, Scrambled::all_but_headers, sets_told, seed)) << seed;
        EXPECT_TRUE(found(codec, Scrambled::everything, sets_told, seed, 4'000)) << seed;
      }
    }
}

TEST(CipherWatch, start_codes_in_front_of_pictures_are_no_cipher) {
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265}) {
    TinyClip clip{codec};
    CipherWatch watch{clip.info().tracks[0]};
    for (int i = 0; i < 100; ++i) {
      for (const auto& packet : clip.frame()) {
        const auto payload = packet.rtp().subspan(rtp::kHeaderSize);
        Bytes with_code{0, 0, 0, 1};
        with_code.insert(with_code.end(), payload.begin(), payload.end());
        (void)watch.take(rtp_packet(0, load16(&packet.rtp()[2]), packet.timestamp, packet.marker, with_code));
      }
    }
    EXPECT_FALSE(watch.encrypted());
  }
}

TEST(CipherWatch, a_camera_that_switches_it_off_and_on_is_followed) {
  std::mt19937 random{7};
  TinyClip clip;
  CipherWatch watch{clip.info().tracks[0]};
  for (const auto what : {Scrambled::nothing, Scrambled::pictures, Scrambled::nothing, Scrambled::pictures}) {
    for (int i = 0; i < 200; ++i)
      for (const auto& packet : scramble(clip.frame(), h26x::Codec::h264, what, random))
        (void)watch.take(packet);
    EXPECT_EQ(watch.encrypted(), what == Scrambled::pictures);
  }
}

TEST(CipherWatch, losses_are_no_cipher) {
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265}) {
    std::mt19937 random{11};
    TinyClip clip{codec};
    CipherWatch watch{clip.info().tracks[0]};
    for (int i = 0; i < 2'000; ++i)
      for (const auto& packet : clip.frame())
        if (random() % 5 != 0) {
          (void)watch.take(packet);
          ASSERT_FALSE(watch.encrypted()) << "picture " << i;
        }
  }
}

TEST(CipherWatch, other_codecs_and_broken_packets_say_nothing) {
  model::Track audio;
  audio.codec = model::Codec::aac;
  CipherWatch none{audio};
  TinyClip clip;
  CipherWatch watch{clip.info().tracks[0]};
  std::mt19937 random{3};
  for (int i = 0; i < 2'000; ++i) {
    Bytes payload(random() % 5);
    // Types that are no picture, and what is cut short.
    for (auto& byte : payload) byte = static_cast<std::uint8_t>(random() | 0x1E);
    auto packet =
        rtp_packet(0, static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i * 3600), true, payload);
    (void)none.take(packet);
    if (payload.empty() || (payload[0] & 0x1F) > 23) (void)watch.take(packet);
  }
  EXPECT_FALSE(none.encrypted());
}

}  // namespace
}  // namespace camfleet::media
