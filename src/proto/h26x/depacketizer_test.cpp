#include "proto/h26x/depacketizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h264_packetizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/testing/fixture.h"

namespace camfleet::h26x {
namespace {

using camfleet::testing::fixture;

Bytes bytes(std::initializer_list<int> list) {
  Bytes out;
  for (const auto value : list) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}

// First bytes of slices and sets that mean something to a depacketizer; the rest is filling.
const Bytes kSps = bytes({0x67, 0x42, 0xC0, 0x1E, 0xDA, 0x02});
const Bytes kPps = bytes({0x68, 0xCE, 0x3C, 0x80});
const Bytes kSei = bytes({0x06, 0x05, 0x01, 0x80});
const Bytes kIdr = bytes({0x65, 0x88, 0x11, 0x22});
const Bytes kIdrSecond = bytes({0x65, 0x11, 0x33, 0x44});
const Bytes kSlice = bytes({0x41, 0x9A, 0x11, 0x22});
const Bytes kSliceSecond = bytes({0x41, 0x1A, 0x33, 0x44});

struct Stream {
  explicit Stream(Codec codec = Codec::h264) {
    if (codec == Codec::h264)
      depacketizer = std::make_unique<H264Depacketizer>();
    else
      depacketizer = std::make_unique<H265Depacketizer>();
  }
  Stream& push(const Bytes& payload, std::uint32_t timestamp, bool marker = false, bool loss = false) {
    depacketizer->push({payload, marker, timestamp, loss});
    while (auto unit = depacketizer->pull()) units.push_back(std::move(*unit));
    return *this;
  }
  // A picture that decoding can begin with.
  Stream& key(std::uint32_t timestamp) {
    return push(kSps, timestamp).push(kPps, timestamp).push(kIdr, timestamp, true);
  }
  std::vector<Bytes> nals(std::size_t unit) const {
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < units.at(unit).size(); ++i) {
      const auto nal = units[unit].nal(i);
      out.emplace_back(nal.begin(), nal.end());
    }
    return out;
  }
  const DepacketizerCounters& counters() const { return depacketizer->counters(); }

  std::unique_ptr<Depacketizer> depacketizer;
  std::vector<AccessUnit> units;
};

// The NAL units of a clip as pictures, each ending with its last slice.
std::vector<std::vector<ByteView>> pictures(Codec codec, ByteView clip) {
  std::vector<std::vector<ByteView>> out;
  std::vector<ByteView> current;
  bool has_slice = false;
  for (const auto nal : split_annexb(clip)) {
    const bool vcl = is_vcl(codec, nal_type(codec, nal));
    if (has_slice && (!vcl || is_first_slice(codec, nal))) {
      out.push_back(std::exchange(current, {}));
      has_slice = false;
    }
    current.push_back(nal);
    has_slice = has_slice || vcl;
  }
  out.push_back(current);
  return out;
}

class RoundTrip : public ::testing::TestWithParam<std::tuple<Codec, std::size_t>> {};

TEST_P(RoundTrip, what_is_packetized_comes_out_as_it_was) {
  const auto [codec, max_payload] = GetParam();
  const auto clip = fixture(codec == Codec::h264 ? "h26x/testdata/tiny.h264" : "h26x/testdata/tiny.h265");
  const auto sent = pictures(codec, as_bytes(clip));
  ASSERT_EQ(sent.size(), 6U);

  Stream stream(codec);
  std::uint32_t timestamp = 0xFFFFFF00;
  for (const auto& picture : sent) {
    std::vector<Piece> pieces;
    for (const auto nal : picture) {
      if (codec == Codec::h264)
        packetize_h264(nal, nal.data() == picture.back().data(), max_payload, pieces);
      else
        packetize_h265(nal, nal.data() == picture.back().data(), max_payload, pieces);
    }
    for (const auto& piece : pieces) {
      ASSERT_LE(piece.size(), std::max<std::size_t>(16, max_payload));
      stream.push(piece.joined(), timestamp, piece.marker);
    }
    timestamp += 3600;
  }

  ASSERT_EQ(stream.units.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto got = stream.nals(i);
    ASSERT_EQ(got.size(), sent[i].size());
    for (std::size_t n = 0; n < got.size(); ++n) EXPECT_TRUE(std::ranges::equal(got[n], sent[i][n]));
    EXPECT_EQ(stream.units[i].key, i % 3 == 0);
    EXPECT_EQ(stream.units[i].parameter_sets, i % 3 == 0);
    EXPECT_EQ(stream.units[i].timestamp, 0xFFFFFF00 + static_cast<std::uint32_t>(i) * 3600);
    EXPECT_EQ(stream.units[i].data, join_avcc(sent[i]));
  }
  EXPECT_TRUE(stream.depacketizer->parameter_sets().complete(codec));
  EXPECT_EQ(stream.counters().damaged_packets, 0U);
}

INSTANTIATE_TEST_SUITE_P(Sizes, RoundTrip,
                         ::testing::Combine(::testing::Values(Codec::h264, Codec::h265),
                                            ::testing::Values(0, 17, 50, 100, 333, 1400, 65'000)));

TEST(Packetizer, the_marker_is_on_the_last_piece_of_the_last_unit_only) {
  const Bytes nal(1000, 0x65);
  std::vector<Piece> pieces;
  packetize_h264(nal, false, 100, pieces);
  EXPECT_TRUE(std::ranges::none_of(pieces, &Piece::marker));
  pieces.clear();
  packetize_h264(nal, true, 100, pieces);
  EXPECT_EQ(std::ranges::count_if(pieces, &Piece::marker), 1);
  EXPECT_TRUE(pieces.back().marker);
  pieces.clear();
  packetize_h264({}, true, 100, pieces);
  packetize_h265({}, true, 100, pieces);
  EXPECT_TRUE(pieces.empty());
}

TEST(Depacketizer, nothing_comes_before_a_key_picture) {
  Stream stream;
  stream.push(kSlice, 1, true).push(kSlice, 2, true).key(3).push(kSlice, 4, true);
  ASSERT_EQ(stream.units.size(), 2U);
  EXPECT_TRUE(stream.units[0].key);
  EXPECT_EQ(stream.counters().dropped_units, 2U);
}

TEST(Depacketizer, parameter_sets_and_sei_with_a_marker_do_not_end_a_picture) {
  Stream stream;
  stream.push(kSps, 1, true).push(kPps, 1, true).push(kSei, 1, true).push(kIdr, 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0), (std::vector<Bytes>{kSps, kPps, kSei, kIdr}));
}

TEST(Depacketizer, parameter_sets_with_a_timestamp_of_their_own_go_with_the_next_picture) {
  Stream stream;
  stream.push(kSps, 1).push(kPps, 1).push(kIdr, 2, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.units[0].size(), 3U);
  EXPECT_EQ(stream.units[0].timestamp, 2U);
}

TEST(Depacketizer, without_any_marker_the_timestamp_ends_a_picture) {
  Stream stream;
  stream.push(kSps, 1).push(kPps, 1).push(kIdr, 1).push(kIdrSecond, 1).push(kSlice, 2).push(kSlice, 3);
  ASSERT_EQ(stream.units.size(), 2U);
  EXPECT_EQ(stream.units[0].size(), 4U);
  stream.depacketizer->flush();
  EXPECT_TRUE(stream.depacketizer->pull());
}

TEST(Depacketizer, with_neither_marker_nor_timestamp_the_first_slice_ends_it) {
  Stream stream;
  for (int i = 0; i < 3; ++i)
    stream.push(kSps, 1)
        .push(kPps, 1)
        .push(kIdr, 1)
        .push(kIdrSecond, 1)
        .push(kSlice, 1)
        .push(kSliceSecond, 1);
  ASSERT_EQ(stream.units.size(), 5U);
  for (const auto& unit : stream.units) EXPECT_EQ(unit.size(), unit.key ? 4U : 2U);
}

TEST(Depacketizer, a_camera_that_marks_every_packet_is_found_out) {
  Stream stream;
  const auto picture = [&](std::uint32_t at, bool key) {
    if (key)
      stream.push(kSps, at, true).push(kPps, at, true).push(kIdr, at, true).push(kIdrSecond, at, true);
    else
      stream.push(kSlice, at, true).push(kSliceSecond, at, true);
  };
  for (std::uint32_t i = 0; i < 9; ++i) picture(i, i % 3 == 0);
  // The first is handed out too early; after the next key picture all are whole.
  ASSERT_EQ(stream.units.size(), 6U);
  for (std::size_t i = 1; i < stream.units.size(); ++i)
    EXPECT_EQ(stream.units[i].size(), stream.units[i].key ? 4U : 2U) << i;
}

TEST(Depacketizer, two_pictures_with_one_timestamp_are_two) {
  Stream stream;
  stream.key(1).push(kSlice, 2, true).push(kSlice, 2, true).push(kSlice, 3, true);
  EXPECT_EQ(stream.units.size(), 4U);
}

TEST(Depacketizer, after_a_loss_nothing_until_the_next_key_picture) {
  Stream stream;
  stream.key(1).push(kSlice, 2, true, true).push(kSlice, 3, true).key(4).push(kSlice, 5, true);
  ASSERT_EQ(stream.units.size(), 3U);
  EXPECT_EQ(stream.units[1].timestamp, 4U);
  EXPECT_EQ(stream.counters().dropped_units, 2U);
}

TEST(Depacketizer, a_key_picture_that_lost_its_beginning_is_not_taken) {
  Stream stream;
  stream.key(1).push(kIdrSecond, 2, true, true);
  EXPECT_TRUE(stream.depacketizer->waiting_for_key());
  EXPECT_EQ(stream.units.size(), 1U);
  stream.key(3);
  EXPECT_EQ(stream.units.size(), 2U);
}

TEST(Depacketizer, a_loss_in_the_middle_drops_the_whole_picture) {
  Stream stream;
  stream.push(kSps, 1).push(kPps, 1).push(kIdr, 1).push(kIdrSecond, 1, true, true);
  EXPECT_TRUE(stream.units.empty());
  stream.key(2);
  EXPECT_EQ(stream.units.size(), 1U);
}

TEST(Depacketizer, one_packet_with_many_pictures_never_hands_out_a_picture_without_its_key) {
  Bytes many;
  const auto append = [&](const Bytes& nal) {
    many.insert(many.end(), {0, 0, 0, 1});
    many.insert(many.end(), nal.begin(), nal.end());
  };
  append(kIdr);
  for (int i = 0; i < 20; ++i) append(kSlice);
  Stream stream;
  stream.push(many, 1).push(kSlice, 2, true);
  EXPECT_TRUE(stream.units.empty());
  stream.key(3);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_TRUE(stream.units[0].key);
}

TEST(H264Depacketizer, reads_stap_a) {
  Stream stream;
  auto stap = bytes({0x78});
  for (const auto& nal : {kSps, kPps, kIdr}) {
    stap.push_back(0);
    stap.push_back(static_cast<std::uint8_t>(nal.size()));
    stap.insert(stap.end(), nal.begin(), nal.end());
  }
  stream.push(stap, 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0), (std::vector<Bytes>{kSps, kPps, kIdr}));
}

TEST(H264Depacketizer, an_aggregate_that_lies_loses_its_picture) {
  const Bytes liars[] = {
      bytes({0x78, 0, 0, 0, 1, 0x65}),
      bytes({0x78, 0, 9, 0x65, 0x88}),
      bytes({0x78, 0, 2, 0x65}),
      bytes({0x78, 0}),
      bytes({0x78, 0xFF, 0xFF, 0x65, 0x88}),
      bytes({0x78, 0, 3, 0x78, 0, 1}),
      bytes({0x78, 0, 2, 0x7C, 0x85, 0x00}),
      bytes({0x78, 0, 2, 0xE5, 0x88}),
  };
  for (const auto& liar : liars) {
    Stream stream;
    stream.key(1).push(kSlice, 2).push(liar, 2, true).push(kSlice, 3, true);
    EXPECT_EQ(stream.units.size(), 1U) << to_hex(liar);
    EXPECT_EQ(stream.counters().damaged_packets, 1U) << to_hex(liar);
  }
}

TEST(H264Depacketizer, a_thousand_units_in_one_picture_are_too_many) {
  auto stap = bytes({0x78});
  for (int i = 0; i < 1000; ++i) stap.insert(stap.end(), {0, 4, 0x65, 0x11, 0x22, 0x33});
  Stream stream;
  stream.push(kIdr, 1).push(stap, 1, true);
  EXPECT_TRUE(stream.units.empty());
  stream.key(2);
  EXPECT_EQ(stream.units.size(), 1U);
}

TEST(H264Depacketizer, short_reserved_and_private_kinds_are_passed_over) {
  Stream stream;
  stream.key(1);
  for (const auto& odd :
       {bytes({}), bytes({0x41}), bytes({0x60, 1, 2}), bytes({0x19, 1, 2}), bytes({0x1A, 1, 2}),
        bytes({0x1B, 1, 2}), bytes({0x1D, 1, 2}), bytes({0x1E, 1, 2}), bytes({0x1F, 1, 2})})
    stream.push(odd, 2);
  stream.push(kSlice, 2, true);
  ASSERT_EQ(stream.units.size(), 2U);
  EXPECT_EQ(stream.nals(1), (std::vector<Bytes>{kSlice}));
  EXPECT_EQ(stream.counters().ignored_packets, 9U);
}

TEST(H264Depacketizer, the_forbidden_bit_loses_the_picture) {
  Stream stream;
  stream.key(1).push(bytes({0xC1, 0x9A, 1}), 2, true).push(kSlice, 3, true);
  EXPECT_EQ(stream.units.size(), 1U);
}

Bytes fu(int header, std::initializer_list<int> body) {
  Bytes out{0x7C, static_cast<std::uint8_t>(header)};
  for (const auto value : body) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}

TEST(H264Depacketizer, tiandy_gets_the_type_right_in_the_first_fragment_only) {
  Stream stream;
  stream.push(kSps, 1).push(fu(0x85, {0x88, 1}), 1).push(fu(0x01, {2}), 1).push(fu(0x47, {3}), 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0)[1], bytes({0x65, 0x88, 1, 2, 3}));
}

TEST(H264Depacketizer, the_reserved_bit_and_empty_fragments_do_not_matter) {
  Stream stream;
  stream.push(fu(0xA5, {}), 1)
      .push(fu(0x25, {0x88, 1}), 1)
      .push(fu(0x25, {}), 1)
      .push(fu(0x65, {2}), 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0)[0], bytes({0x65, 0x88, 1, 2}));
}

TEST(H264Depacketizer, start_and_end_in_one_fragment_are_a_whole_unit) {
  Stream stream;
  stream.push(fu(0xC5, {0x88, 1}), 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0)[0], bytes({0x65, 0x88, 1}));
}

TEST(H264Depacketizer, a_marker_in_the_middle_of_a_fragmented_unit_ends_nothing) {
  Stream stream;
  stream.push(fu(0x85, {0x88, 1}), 1, true).push(fu(0x05, {2}), 1, true).push(fu(0x45, {3}), 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0)[0], bytes({0x65, 0x88, 1, 2, 3}));
}

TEST(H264Depacketizer, broken_fragments_lose_their_picture_and_no_other) {
  using Push = std::function<void(Stream&)>;
  const Push broken[] = {
      [](Stream& s) { s.push(fu(0x45, {1}), 2, true); },  // end without start
      [](Stream& s) { s.push(fu(0x05, {1}), 2, true); },  // middle without start
      [](Stream& s) { s.push(fu(0x85, {0x88}), 2).push(fu(0x85, {0x88}), 2).push(fu(0x45, {1}), 2, true); },
      [](Stream& s) { s.push(fu(0x81, {0x9A}), 2).push(kSliceSecond, 2, true); },  // start without end
      [](Stream& s) { s.push(fu(0x81, {0x9A}), 2); },        // cut off by the next picture
      [](Stream& s) { s.push(fu(0x9C, {0x9A}), 2, true); },  // a fragment of a fragment
  };
  for (const auto& push : broken) {
    Stream stream;
    stream.key(1);
    push(stream);
    stream.push(kSlice, 3, true);
    EXPECT_EQ(stream.units.size(), 1U);
    EXPECT_TRUE(stream.depacketizer->waiting_for_key());
    stream.key(4).push(kSlice, 5, true);
    EXPECT_EQ(stream.units.size(), 3U);
  }
}

TEST(H264Depacketizer, a_fragmented_unit_that_never_ends_is_cut) {
  Stream stream;
  stream.key(1).push(fu(0x85, {0x88}), 2);
  Bytes fragment(60'000, 0x55);
  fragment[0] = 0x7C;
  fragment[1] = 0x05;
  for (std::size_t sent = 0; sent < 200'000'000; sent += fragment.size()) stream.push(fragment, 2);
  EXPECT_EQ(stream.units.size(), 1U);
  stream.key(3);
  EXPECT_EQ(stream.units.size(), 2U);
}

TEST(H264Depacketizer, a_picture_larger_than_8_mebibytes_is_dropped) {
  Stream stream;
  Bytes slice(3'000'000, 0x55);
  std::copy(kIdrSecond.begin(), kIdrSecond.end(), slice.begin());
  stream.push(kIdr, 1).push(slice, 1).push(slice, 1).push(slice, 1, true);
  EXPECT_TRUE(stream.units.empty());
}

// Row 70.
TEST(H264Depacketizer, supplements_of_a_megabyte_pass_and_of_five_are_cut) {
  const auto with_sei = [](std::size_t size) {
    Stream stream;
    stream.key(1);
    Bytes piece(50'000, 0x55);
    for (std::size_t sent = 0; sent < size; sent += piece.size()) {
      piece[0] = 0x1C;  // FU-A
      piece[1] = sent == 0 ? 0x86 : sent + piece.size() >= size ? 0x46 : 0x06;
      stream.push(piece, 2);
    }
    stream.push(kIdr, 2, true);
    stream.key(3);
    return stream.units.size();
  };
  EXPECT_EQ(with_sei(1'000'000), 3U);
  EXPECT_EQ(with_sei(5'000'000), 2U) << "past 4 MiB the unit is cut, and its picture with it";
}

TEST(H264Depacketizer, v380_puts_start_codes_into_its_payloads) {
  Bytes all{0, 0, 0, 1};
  const auto append = [&](const Bytes& nal) { all.insert(all.end(), nal.begin(), nal.end()); };
  append(kSps);
  append({0, 0, 0, 1});
  append(kPps);
  append({0, 0, 1});
  append(kIdr);
  Stream with_code_in_front;
  with_code_in_front.push(all, 1, true);
  ASSERT_EQ(with_code_in_front.units.size(), 1U);
  EXPECT_EQ(with_code_in_front.nals(0), (std::vector<Bytes>{kSps, kPps, kIdr}));

  Stream without;
  without.push(Bytes(all.begin() + 4, all.end()), 1, true);
  ASSERT_EQ(without.units.size(), 1U);
  EXPECT_EQ(without.nals(0), (std::vector<Bytes>{kSps, kPps, kIdr}));
}

TEST(H265Depacketizer, reads_aggregates_with_all_three_sets) {
  const auto vps = bytes({0x40, 0x01, 0x0C, 0x01});
  const auto sps =
      bytes({0x42, 0x01, 0x01, 0x01, 0x60, 0, 0, 3, 0, 0xB0, 0, 0, 3, 0, 0, 3, 0, 0x5A, 0xA0, 0x05});
  const auto pps = bytes({0x44, 0x01, 0xC0, 0xF2});
  const auto idr = bytes({0x26, 0x01, 0xAF, 0x11});
  auto aggregate = bytes({0x60, 0x01});
  for (const auto& nal : {vps, sps, pps}) {
    aggregate.push_back(0);
    aggregate.push_back(static_cast<std::uint8_t>(nal.size()));
    aggregate.insert(aggregate.end(), nal.begin(), nal.end());
  }
  Stream stream(Codec::h265);
  stream.push(aggregate, 1).push(idr, 1, true);
  ASSERT_EQ(stream.units.size(), 1U);
  EXPECT_EQ(stream.nals(0), (std::vector<Bytes>{vps, sps, pps, idr}));
  EXPECT_TRUE(stream.units[0].key);
}

TEST(H265Depacketizer, drops_what_the_format_forbids) {
  const auto idr = bytes({0x26, 0x01, 0xAF, 0x11});
  for (const auto& odd :
       {bytes({0x02, 0x01}), bytes({0x64, 0x01, 1, 2}), bytes({0x66, 0x01, 1})}) {  // short, PACI, reserved
    Stream stream(Codec::h265);
    stream.push(odd, 1).push(idr, 1, true);
    ASSERT_EQ(stream.units.size(), 1U) << to_hex(odd);
    EXPECT_EQ(stream.counters().ignored_packets, 1U);
  }
  for (const auto& bad : {bytes({0x26, 0x00, 0xAF}), bytes({0xA6, 0x01, 0xAF}), bytes({0x60, 0x01, 0, 1, 2}),
                          bytes({0x60, 0x01, 0}), bytes({0x60, 0x01, 0, 9, 2, 1}), bytes({0x62, 0x01, 0x13}),
                          bytes({0x62, 0x01, 0xB1, 1})}) {
    Stream stream(Codec::h265);
    stream.push(idr, 1).push(bad, 1, true);
    EXPECT_TRUE(stream.units.empty()) << to_hex(bad);
    EXPECT_EQ(stream.counters().damaged_packets, 1U) << to_hex(bad);
  }
}

TEST(ParameterSets, a_set_replaces_the_one_with_its_id) {
  ParameterSets sets;
  const auto pps = [](int first, int last) { return bytes({0x68, first, last}); };
  EXPECT_TRUE(sets.update(Codec::h264, pps(0x80, 1)));  // id 0
  EXPECT_TRUE(sets.update(Codec::h264, pps(0x60, 2)));  // id 2
  EXPECT_TRUE(sets.update(Codec::h264, pps(0x40, 3)));  // id 1
  EXPECT_FALSE(sets.update(Codec::h264, pps(0x40, 3)));
  EXPECT_EQ(sets.generation(), 3U);
  EXPECT_TRUE(sets.update(Codec::h264, pps(0x40, 4)));
  EXPECT_EQ(sets.pps(), (std::vector<Bytes>{pps(0x80, 1), pps(0x40, 4), pps(0x60, 2)}));
  EXPECT_FALSE(sets.complete(Codec::h264));
  EXPECT_FALSE(sets.update(Codec::h264, kIdr));
  EXPECT_FALSE(sets.update(Codec::h264, {}));
  EXPECT_FALSE(sets.update(Codec::h264, bytes({0x68})));
}

TEST(ParameterSets, their_number_and_size_are_bounded) {
  ParameterSets sets;
  for (int id = 0; id < 256; ++id) {
    // ue(v): id + 1 with as many zeros in front as it has bits behind the first.
    int length = 0;
    while ((id + 1) >> (length + 1) != 0) ++length;
    const auto code = static_cast<std::uint32_t>(id + 1) << (31 - 2 * length);
    sets.update(Codec::h264, bytes({0x68, static_cast<int>(code >> 24), static_cast<int>(code >> 16 & 255),
                                    static_cast<int>(code >> 8 & 255), 0x80}));
  }
  EXPECT_EQ(sets.pps().size(), 16U);
  Bytes large(5000, 0x55);
  large[0] = 0x67;
  EXPECT_FALSE(sets.update(Codec::h264, large));
}

}  // namespace
}  // namespace camfleet::h26x
