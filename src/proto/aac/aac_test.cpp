#include <gtest/gtest.h>

#include "base/random.h"
#include "proto/aac/config.h"
#include "proto/aac/depacketizer.h"

namespace camfleet::aac {
namespace {

TEST(aac_config, what_cameras_announce) {
  struct Case {
    Bytes bytes;
    Config expected;
  };
  const Case cases[] = {
      {{0x14, 0x08}, {2, 16000, 1, 1024}},              // Hikvision
      {{0x12, 0x10}, {2, 44100, 2, 1024}},              //
      {{0x15, 0x88}, {2, 8000, 1, 1024}},               //
      {{0x14, 0x0C}, {2, 16000, 1, 960}},               // short frames
      {{0x2B, 0x11, 0x88, 0x00}, {5, 48000, 2, 2048}},  // SBR over 24 kHz: twice the samples of its core
      {{0x17, 0x80, 0x1F, 0x40, 0x08}, {2, 16000, 1, 1024}},  // rate in 24 bits
  };
  for (const auto& [bytes, expected] : cases) {
    const auto config = parse_config(bytes);
    ASSERT_TRUE(config) << to_hex(bytes);
    EXPECT_EQ(config->object_type, expected.object_type) << to_hex(bytes);
    EXPECT_EQ(config->sample_rate, expected.sample_rate) << to_hex(bytes);
    EXPECT_EQ(config->channels, expected.channels) << to_hex(bytes);
    EXPECT_EQ(config->frame_samples, expected.frame_samples) << to_hex(bytes);
  }
}

TEST(aac_config, none_and_a_rate_of_nothing_are_refused) {
  for (const Bytes& bytes : {Bytes{}, Bytes{0x14}, Bytes{0x00, 0x00}, Bytes{0x17, 0x80, 0x00, 0x00, 0x08},
                             Bytes{0x16, 0x88}, Bytes{0x14, 0x40}})
    EXPECT_FALSE(parse_config(bytes)) << to_hex(bytes);
}

TEST(aac_config, what_is_made_is_read_back) {
  for (const int rate : {8000, 11025, 16000, 44100, 48000, 96000, 12345}) {
    for (const int channels : {1, 2, 6, 8}) {
      const auto config = parse_config(make_config(rate, channels));
      ASSERT_TRUE(config) << rate;
      EXPECT_EQ(*config, (Config{2, rate, channels, 1024}));
    }
  }
}

TEST(aac_layout, capital_letters_missing_blanks_and_what_cannot_be) {
  EXPECT_EQ(
      layout_of("streamtype=5; mode=AAC-hbr; config=1408;SizeLength=13;IndexLength=3;IndexDeltaLength=3"),
      (Layout{13, 3, 3}));
  EXPECT_EQ(layout_of("mode=aac-LBR"), (Layout{6, 2, 2}));
  EXPECT_EQ(layout_of("sizelength=8;mode=AAC-lbr ; indexlength = 0"), (Layout{8, 0, 2}));
  EXPECT_EQ(layout_of("sizelength=99;indexlength=-3;indexdeltalength=x"), (Layout{13, 3, 3}));
  EXPECT_EQ(layout_of(""), (Layout{13, 3, 3}));
}

// Units of these sizes in one packet; unit i consists of bytes i+1.
Bytes packet(const std::vector<std::size_t>& sizes) {
  Bytes out(2 + 2 * sizes.size());
  store16(out.data(), static_cast<std::uint16_t>(16 * sizes.size()));
  for (std::size_t i = 0; i < sizes.size(); ++i)
    store16(&out[2 + 2 * i], static_cast<std::uint16_t>(sizes[i] << 3));
  for (std::size_t i = 0; i < sizes.size(); ++i)
    out.insert(out.end(), sizes[i], static_cast<std::uint8_t>(i + 1));
  return out;
}
std::vector<AccessUnit> drain(Depacketizer& from) {
  std::vector<AccessUnit> out;
  while (auto unit = from.pull()) out.push_back(std::move(*unit));
  return out;
}

TEST(aac_depacketizer, one_and_several_units_of_a_packet_and_their_times) {
  Depacketizer in{{}, 1024};
  in.push({packet({200}), true, 5000, false});
  in.push({packet({3, 4, 5}), true, 0xFFFFFE00, false});
  const auto units = drain(in);
  ASSERT_EQ(units.size(), 4U);
  EXPECT_EQ(units[0].data.size(), 200U);
  EXPECT_EQ(units[0].timestamp, 5000U);
  EXPECT_EQ(units[1].timestamp, 0xFFFFFE00U);
  EXPECT_EQ(units[2].timestamp, 0x200U) << "over the end of 32 bits";
  EXPECT_EQ(units[3].data, Bytes(5, 3));
  EXPECT_EQ(in.counters().damaged_packets, 0U);
}

TEST(aac_depacketizer, a_unit_over_several_packets_and_one_that_lost_a_piece) {
  const auto whole = packet({2000});
  const ByteView view{whole};
  const auto piece = [&](std::size_t from, std::size_t size) {
    Bytes out(view.begin(), view.begin() + 4);
    out.insert(out.end(), view.begin() + 4 + std::ptrdiff_t(from),
               view.begin() + 4 + std::ptrdiff_t(from + size));
    return out;
  };
  Depacketizer in{{}, 1024};
  in.push({piece(0, 1200), false, 1, false});
  in.push({piece(1200, 800), true, 1, false});
  ASSERT_EQ(drain(in).size(), 1U);
  in.push({piece(0, 1200), false, 2, false});
  in.push({piece(1200, 800), true, 2, true});  // something between is missing
  EXPECT_TRUE(drain(in).empty());
  in.push({piece(0, 1200), false, 3, false});
  in.push({packet({7}), true, 4, false});  // its end never came
  ASSERT_EQ(drain(in).size(), 1U);
  EXPECT_EQ(in.counters().damaged_packets, 3U);
}

TEST(aac_depacketizer, headers_that_lie_cost_their_packet_alone) {
  Bytes longer = packet({10});
  store16(longer.data(), 0x7FFF);
  Bytes none = packet({10});
  store16(none.data(), 0);
  Bytes odd = packet({10});
  store16(odd.data(), 5);
  Bytes past = packet({10, 20});
  past.resize(past.size() - 5);
  Bytes more = packet({10});
  more.resize(more.size() + 5);
  for (const Bytes& bytes : {Bytes{}, Bytes{0}, Bytes{0, 16}, Bytes{0, 16, 0}, longer, none, odd, packet({0}),
                             past, packet(std::vector<std::size_t>(100, 2))}) {
    Depacketizer in{{}, 1024};
    in.push({bytes, true, 0, false});
    EXPECT_EQ(in.counters().damaged_packets, 1U)
        << to_hex(ByteView{bytes}.first(std::min<std::size_t>(8, bytes.size())));
    in.push({packet({4}), true, 9, false});
    const auto units = drain(in);
    ASSERT_FALSE(units.empty());
    EXPECT_EQ(units.back().data, Bytes(4, 1));
    EXPECT_LE(units.size(), kMaxUnits);
  }
}

TEST(aac_depacketizer, adts_is_taken_away_wherever_it_stands) {
  // AAC-LC, 16 kHz, mono, 7 + 5 bytes.
  const Bytes adts{0xFF, 0xF1, 0x60, 0x40, 0x01, 0x9F, 0xFC, 1, 2, 3, 4, 5};
  Bytes wrapped = packet({adts.size()});
  std::copy(adts.begin(), adts.end(), wrapped.begin() + 4);
  Bytes twice = adts;
  twice.insert(twice.end(), adts.begin(), adts.end());
  Depacketizer in{{}, 1024};
  in.push({wrapped, true, 0, false});
  in.push({twice, true, 1024, false});
  const auto units = drain(in);
  ASSERT_EQ(units.size(), 3U);
  for (const auto& unit : units) EXPECT_EQ(unit.data, (Bytes{1, 2, 3, 4, 5}));
  EXPECT_EQ(units[2].timestamp, 2048U);
  ASSERT_TRUE(in.adts());
  EXPECT_EQ(*in.adts(), (Config{2, 16000, 1, 1024}));
}

TEST(aac_depacketizer, keeps_a_bounded_number_of_units) {
  Depacketizer in{{}, 1024};
  for (int i = 0; i < 100; ++i) in.push({packet({1, 1, 1, 1}), true, 0, false});
  EXPECT_EQ(drain(in).size(), kMaxUnits);
}

TEST(aac_depacketizer, noise_never_makes_an_empty_or_oversized_unit) {
  Rng random{20261128};
  for (int round = 0; round < 2000; ++round) {
    Depacketizer in{{static_cast<int>(1 + random.below(16)), static_cast<int>(random.below(17)),
                     static_cast<int>(random.below(17))},
                    1024};
    for (int i = 0; i < 8; ++i) {
      Bytes bytes(random.below(40));
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.below(4) == 0 ? random() : 0);
      if (bytes.size() >= 2) bytes[1] = static_cast<std::uint8_t>(random.below(80));
      in.push(
          {bytes, random.below(2) == 0, static_cast<std::uint32_t>(random.below(3)), random.below(9) == 0});
      for (const auto& unit : drain(in)) {
        ASSERT_FALSE(unit.data.empty()) << "seed 20261128, round " << round;
        ASSERT_LE(unit.data.size(), kMaxUnit);
      }
    }
  }
}

TEST(aac_config, the_head_of_adts_says_what_the_config_says) {
  const Bytes frame{1, 2, 3, 4, 5};
  const auto head = adts_header(make_config(16'000, 1), frame.size());
  ASSERT_TRUE(head);
  EXPECT_EQ(to_hex(*head), "fff16040019ffc");
  for (const int rate : {8'000, 44'100, 96'000}) {
    for (const int channels : {1, 2, 6, 8}) {
      const std::size_t size = 8'184;
      const auto header = adts_header(make_config(rate, channels), size);
      ASSERT_TRUE(header) << rate << ' ' << channels;
      Bytes whole{header->begin(), header->end()};
      whole.resize(7 + size);
      const auto read = parse_adts(whole);
      ASSERT_TRUE(read);
      EXPECT_EQ(read->config, (Config{2, rate, channels, 1024}));
      EXPECT_EQ(read->frame_size, 7 + size);
    }
  }
  // HE-AAC: 24 kHz inside, 48 kHz with SBR. The head tells of what is inside.
  const auto sbr = adts_header(Bytes{0x2B, 0x11, 0x88, 0x00}, 100);
  ASSERT_TRUE(sbr);
  Bytes whole{sbr->begin(), sbr->end()};
  whole.resize(107);
  EXPECT_EQ(parse_adts(whole)->config, (Config{2, 24'000, 2, 1024}));
}

TEST(aac_config, what_adts_cannot_say) {
  EXPECT_FALSE(adts_header(make_config(16'000, 1), 0));
  EXPECT_FALSE(adts_header(make_config(16'000, 1), 8'185));
  EXPECT_FALSE(adts_header(make_config(17'000, 1), 10)) << "a rate that has no index";
  EXPECT_FALSE(adts_header(Bytes{0x14, 0x00}, 10)) << "channels that the stream says inside";
  EXPECT_FALSE(adts_header(Bytes{0xBA, 0x08}, 10)) << "low delay";
  EXPECT_FALSE(adts_header(Bytes{0x14}, 10));
}

}  // namespace
}  // namespace camfleet::aac
