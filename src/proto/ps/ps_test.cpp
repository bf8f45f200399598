#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "proto/aac/config.h"
#include "proto/aac/depacketizer.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/ps/demuxer.h"
#include "proto/ps/rtp_stream.h"
#include "proto/ps/testing/writer.h"
#include "proto/rtp/packet.h"
#include "proto/sdp/codec_config.h"

namespace camfleet::ps {
namespace {

using testing::Writer;

Bytes nal(std::initializer_list<std::uint8_t> head, std::size_t size, std::uint8_t fill) {
  Bytes out(head);
  out.resize(std::max(size, out.size()), fill);
  return out;
}
Bytes annexb(const std::vector<Bytes>& nals) {
  return h26x::join_annexb(std::vector<ByteView>(nals.begin(), nals.end()));
}

const Bytes kSps264{0x67, 0x4D, 0x00, 0x29, 0x8D, 0x8D, 0x40, 0x3C};
const Bytes kPps264{0x68, 0xEE, 0x3C, 0x80};
const Bytes kVps265{0x40, 0x01, 0x0C, 0x01};
const Bytes kSps265{0x42, 0x01, 0x01, 0x01};
const Bytes kPps265{0x44, 0x01, 0xC0, 0xF3};

std::vector<Bytes> key_264(std::size_t size) { return {kSps264, kPps264, nal({0x65, 0x88}, size, 0x21)}; }
std::vector<Bytes> key_265(std::size_t size) {
  return {kVps265, kSps265, kPps265, nal({0x26, 0x01, 0x80}, size, 0x21)};
}

Bytes join(const std::vector<Bytes>& pieces) {
  Bytes out;
  for (const auto& piece : pieces) out.insert(out.end(), piece.begin(), piece.end());
  return out;
}

// A stream as the library's callbacks bring it: `pictures` of them, the first a key picture, sound behind
// each.
std::vector<Bytes> stream(const Writer& writer, const std::vector<std::vector<Bytes>>& pictures,
                          const std::vector<Bytes>& sounds, std::int64_t start = 90'000) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto time = start + static_cast<std::int64_t>(i) * 3'600;
    out.push_back(writer.pack(time, i == 0));
    writer.picture(annexb(pictures[i]), time, [&](Bytes piece) { out.push_back(std::move(piece)); });
    if (i < sounds.size()) out.push_back(writer.sound(sounds[i], time));
    out.push_back(writer.private_data(37));
  }
  return out;
}

std::vector<Frame> frames_of(Demuxer& demuxer, const std::vector<Bytes>& pieces) {
  std::vector<Frame> out;
  for (const auto& piece : pieces) {
    demuxer.push(piece);
    while (auto frame = demuxer.pull()) out.push_back(std::move(*frame));
  }
  demuxer.flush();
  while (auto frame = demuxer.pull()) out.push_back(std::move(*frame));
  return out;
}

TEST(MediaHead, of_a_real_camera) {
  // a=Media_header:MEDIAINFO of a DS-2CD2146: H.265 and G.711 A in RTP.
  const Bytes bytes{0x49, 0x4D, 0x4B, 0x48, 0x01, 0x01, 0x00, 0x00, 0x04, 0x00, 0x05, 0x00, 0x11, 0x71,
                    0x01, 0x10, 0x40, 0x1F, 0x00, 0x00, 0x00, 0xFA, 0x00, 0x00, 0,    0,    0,    0,
                    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
  const auto head = parse_media_head(bytes);
  ASSERT_TRUE(head);
  EXPECT_EQ(*head, (MediaHead{.system = MediaHead::System::rtp,
                              .video = Video::h265,
                              .audio = Audio::pcma,
                              .audio_channels = 1,
                              .sample_rate = 8'000}));
  EXPECT_FALSE(parse_media_head(ByteView{bytes}.first(39)));
  EXPECT_FALSE(parse_media_head(Bytes(40, 0)));
}

TEST(Demuxer, gives_pictures_and_sound_as_they_were) {
  const Writer writer{Video::h264, Audio::pcma};
  const auto pieces =
      stream(writer, {key_264(5'000), {nal({0x41, 0x9A}, 700, 0x33)}}, {Bytes(320, 0x11), Bytes(320, 0x22)});
  Demuxer demuxer;
  const auto frames = frames_of(demuxer, pieces);
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_TRUE(demuxer.mapped());
  EXPECT_EQ(demuxer.video(), Video::h264);
  EXPECT_EQ(demuxer.audio(), Audio::pcma);
  // Sound that stands behind a picture comes before it: the picture is whole only when the next one begins.
  EXPECT_FALSE(frames[0].video);
  EXPECT_EQ(frames[0].data, Bytes(320, 0x11));
  EXPECT_TRUE(frames[1].video);
  EXPECT_EQ(frames[1].time, 90'000);
  EXPECT_EQ(frames[1].data, annexb(key_264(5'000)));
  EXPECT_EQ(frames[3].time, 93'600);
  EXPECT_EQ(frames[3].data, annexb({nal({0x41, 0x9A}, 700, 0x33)}));
  EXPECT_EQ(demuxer.counters().skipped_bytes, 0u);
}

TEST(Demuxer, puts_together_a_picture_of_many_packets) {
  for (const std::size_t largest : {std::size_t{65'000}, std::size_t{5'000}, std::size_t{17}}) {
    const Writer writer{Video::h265, Audio::none, largest};
    Demuxer demuxer;
    const auto frames = frames_of(demuxer, stream(writer, {key_265(200'000)}, {}));
    ASSERT_EQ(frames.size(), 1u) << largest;
    EXPECT_EQ(frames[0].data, annexb(key_265(200'000)));
    EXPECT_EQ(demuxer.video(), Video::h265);
  }
}

TEST(Demuxer, does_not_care_where_its_bytes_are_cut) {
  const Writer writer{Video::h264, Audio::aac};
  const auto all = join(stream(writer, {key_264(300), {nal({0x41, 0x9A}, 90, 0)}}, {Bytes(30, 7)}));
  Demuxer whole;
  const auto expected = frames_of(whole, {all});
  ASSERT_EQ(expected.size(), 3u);
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    Demuxer demuxer;
    const auto got = frames_of(demuxer, {Bytes(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut)),
                                         Bytes(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end())});
    ASSERT_EQ(got.size(), expected.size()) << cut;
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].data, expected[i].data) << cut;
  }
  Demuxer bytewise;
  std::vector<Bytes> single;
  for (const auto byte : all) single.push_back({byte});
  EXPECT_EQ(frames_of(bytewise, single).size(), expected.size());
}

TEST(Demuxer, finds_the_next_picture_behind_garbage) {
  const Writer writer{Video::h264, Audio::none};
  auto bytes = Bytes(5'000, 0x47);
  const auto good = join(stream(writer, {key_264(100)}, {}));
  bytes.insert(bytes.end(), good.begin(), good.end());
  Demuxer demuxer;
  const auto frames = frames_of(demuxer, {bytes});
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].data, annexb(key_264(100)));
  EXPECT_EQ(demuxer.counters().skipped_bytes, 5'000u);
}

TEST(Demuxer, takes_packets_without_a_length_to_the_next_start_code) {
  const Writer writer{Video::h264, Audio::none};
  auto pieces = stream(writer, {key_264(3'000), {nal({0x41, 0x9A}, 50, 1)}}, {});
  for (auto& piece : pieces)
    if (piece[3] == 0xE0) piece[4] = piece[5] = 0;
  Demuxer demuxer;
  const auto frames = frames_of(demuxer, pieces);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].data, annexb(key_264(3'000)));
  EXPECT_EQ(frames[1].data, annexb({nal({0x41, 0x9A}, 50, 1)}));
}

TEST(Demuxer, drops_a_picture_past_its_bound_and_holds_no_more_than_that) {
  const Writer writer{Video::h264, Audio::none};
  Demuxer demuxer;
  const Bytes much(1'000'000, 0x21);
  demuxer.push(writer.pack(0, true));
  for (int i = 0; i < 20; ++i) {
    writer.picture(much, 0, [&](const Bytes& piece) { demuxer.push(piece); });
    EXPECT_LE(demuxer.memory(), kMaxPicture + 70'000);
  }
  demuxer.push(writer.pack(3'600, true));
  EXPECT_FALSE(demuxer.pull());
  EXPECT_EQ(demuxer.counters().dropped_pictures, 1u);
  writer.picture(annexb(key_264(10)), 3'600, [&](const Bytes& piece) { demuxer.push(piece); });
  demuxer.flush();
  EXPECT_TRUE(demuxer.pull());
}

TEST(Demuxer, counts_packets_whose_head_cannot_be) {
  Demuxer demuxer;
  demuxer.push(Bytes{0, 0, 1, 0xE0, 0, 3, 0x80, 0x80, 200});  // a head longer than its packet
  demuxer.push(Bytes{0, 0, 1, 0xE0, 0, 2, 0x80, 0x80});       // and one that is cut off
  EXPECT_EQ(demuxer.counters().damaged_packets, 2u);
  demuxer.flush();
  EXPECT_FALSE(demuxer.pull());
}

TEST(Demuxer, the_head_decides_between_the_laws_of_g711) {
  const Writer writer{Video::h264, Audio::pcma};  // stream type 0x90, which both use
  Demuxer demuxer{parse_media_head(testing::media_head(2, Video::h264, Audio::pcmu))};
  demuxer.push(writer.pack(0, true));
  EXPECT_EQ(demuxer.audio(), Audio::pcmu);
}

// What a receiver makes of the RTP: pictures in Annex B.
std::vector<Bytes> pictures_of(h26x::Depacketizer& depacketizer, const std::vector<RtpPacket>& packets) {
  std::vector<Bytes> out;
  for (const auto& packet : packets) {
    if (packet.track != 0) continue;
    const auto rtp = rtp::parse(packet.bytes);
    EXPECT_TRUE(rtp);
    EXPECT_LE(packet.bytes.size(), 1'400u);
    depacketizer.push(
        {.bytes = rtp->payload, .marker = rtp->marker, .timestamp = rtp->timestamp, .loss_before = false});
    while (const auto unit = depacketizer.pull()) {
      std::vector<ByteView> nals;
      for (std::size_t i = 0; i < unit->size(); ++i) nals.push_back(unit->nal(i));
      out.push_back(h26x::join_annexb(nals));
    }
  }
  return out;
}

std::vector<RtpPacket> packets_of(RtpStream& rtp, const std::vector<Bytes>& pieces) {
  std::vector<RtpPacket> out;
  for (const auto& piece : pieces) {
    rtp.push(piece);
    while (auto packet = rtp.pull()) out.push_back(std::move(*packet));
  }
  rtp.flush();
  while (auto packet = rtp.pull()) out.push_back(std::move(*packet));
  return out;
}

TEST(RtpStream, h264_comes_back_through_our_depacketizer) {
  const Writer writer{Video::h264, Audio::pcma, 5'000};
  const std::vector<std::vector<Bytes>> pictures{key_264(30'000),
                                                 {nal({0x41, 0x9A}, 2'000, 5)},
                                                 {nal({0x41, 0x9A}, 40, 6), nal({0x41, 0x1A}, 40, 7)},
                                                 key_264(1'000)};
  RtpStream rtp{0x12345678};
  const auto packets =
      packets_of(rtp, stream(writer, pictures, {Bytes(320, 1), Bytes(320, 2), Bytes(320, 3)}));
  h26x::H264Depacketizer depacketizer;
  auto got = pictures_of(depacketizer, packets);
  ASSERT_EQ(got.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(got[i], annexb(pictures[i])) << i;

  std::map<int, std::vector<const RtpPacket*>> tracks;
  for (const auto& packet : packets) tracks[packet.track].push_back(&packet);
  for (const auto& [track, sent] : tracks)
    for (std::size_t i = 1; i < sent.size(); ++i)
      EXPECT_EQ(rtp::parse(sent[i]->bytes)->sequence,
                static_cast<std::uint16_t>(rtp::parse(sent[i - 1]->bytes)->sequence + 1));
  EXPECT_EQ(std::ranges::count_if(packets, [](const RtpPacket& one) { return one.key_start; }), 2);
  EXPECT_TRUE(tracks[0].front()->key_start);
  EXPECT_EQ(tracks[0].front()->timestamp, 90'000u);
  // The first sound came before the description was known.
  ASSERT_EQ(tracks[1].size(), 2u);
  EXPECT_EQ(tracks[1][0]->timestamp, 93'600u * 8 / 90);
  EXPECT_EQ(rtp::parse(tracks[1][0]->bytes)->payload_type, 8);
}

TEST(RtpStream, h265_comes_back_through_our_depacketizer) {
  const Writer writer{Video::h265, Audio::none};
  const std::vector<std::vector<Bytes>> pictures{key_265(150'000), {nal({0x02, 0x01, 0x80}, 3'000, 5)}};
  RtpStream rtp{1};
  h26x::H265Depacketizer depacketizer;
  const auto got = pictures_of(depacketizer, packets_of(rtp, stream(writer, pictures, {})));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0], annexb(pictures[0]));
  EXPECT_EQ(got[1], annexb(pictures[1]));
}

TEST(RtpStream, aac_loses_its_heads_and_comes_back_whole) {
  const Writer writer{Video::h264, Audio::aac};
  const auto config = aac::make_config(16'000, 1);
  std::vector<Bytes> sounds, raw;
  for (std::size_t i = 0; i < 4; ++i) {
    raw.push_back(
        Bytes(200 + 900 * i, static_cast<std::uint8_t>(0x20 + i)));  // the last does not fit one packet
    const auto head = *aac::adts_header(config, raw.back().size());
    Bytes frame(head.begin(), head.end());
    frame.insert(frame.end(), raw.back().begin(), raw.back().end());
    sounds.push_back(std::move(frame));
  }
  RtpStream rtp{1};
  const std::vector<Bytes> p{nal({0x41, 0x9A}, 40, 6)};
  const auto packets = packets_of(rtp, stream(writer, {key_264(100), p, p, p, p}, sounds));
  ASSERT_NE(rtp.description(), nullptr);
  ASSERT_EQ(rtp.description()->medias.size(), 2u);
  const auto& format = rtp.description()->medias[1].formats.front();
  EXPECT_EQ(format.codec, sdp::Codec::aac);
  EXPECT_EQ(format.clock_rate, 16'000u);
  EXPECT_EQ(sdp::aac_config(format)->config, config);
  aac::Depacketizer depacketizer{{}, 1024};
  std::vector<Bytes> got;
  for (const auto& packet : packets) {
    if (packet.track != 1) continue;
    const auto parsed = rtp::parse(packet.bytes);
    depacketizer.push({.bytes = parsed->payload,
                       .marker = parsed->marker,
                       .timestamp = parsed->timestamp,
                       .loss_before = false});
    while (auto unit = depacketizer.pull()) got.push_back(std::move(unit->data));
  }
  EXPECT_EQ(got, (std::vector<Bytes>{raw[1], raw[2], raw[3]})) << "the first told how the sound is coded";
}

TEST(RtpStream, waits_for_a_key_picture_with_its_sets_and_then_describes_it) {
  const Writer writer{Video::h264, Audio::none};
  RtpStream rtp{1};
  EXPECT_TRUE(
      packets_of(rtp, stream(writer, {{nal({0x41, 0x9A}, 40, 6)}, {nal({0x65, 0x88}, 40, 6)}}, {})).empty());
  EXPECT_EQ(rtp.description(), nullptr);
  EXPECT_EQ(rtp.counters().early_frames, 2u);
  EXPECT_FALSE(packets_of(rtp, stream(writer, {key_264(50)}, {})).empty());
  ASSERT_NE(rtp.description(), nullptr);
  const auto sets = sdp::parameter_sets(rtp.description()->medias[0].formats[0]);
  EXPECT_EQ(sets, (std::vector<Bytes>{kSps264, kPps264}));
  // It is one that our own reader takes.
  EXPECT_EQ(sdp::parse(sdp::write(*rtp.description(), "127.0.0.1", 1)), *rtp.description());
}

TEST(RtpStream, says_when_the_source_has_become_another) {
  RtpStream rtp{1};
  EXPECT_FALSE(packets_of(rtp, stream(Writer{Video::h264, Audio::none}, {key_264(50)}, {})).empty());
  rtp.begin(std::nullopt);
  EXPECT_TRUE(packets_of(rtp, stream(Writer{Video::h265, Audio::none}, {key_265(50)}, {})).empty());
  EXPECT_TRUE(rtp.changed());
}

TEST(RtpStream, goes_on_after_a_new_head_with_the_next_number) {
  const Writer writer{Video::h264, Audio::none};
  RtpStream rtp{1};
  const auto before = packets_of(rtp, stream(writer, {key_264(50)}, {}));
  rtp.begin(parse_media_head(testing::media_head(2, Video::h264, Audio::none)));
  const auto after = packets_of(rtp, stream(writer, {key_264(50)}, {}, 500'000));
  ASSERT_FALSE(before.empty() || after.empty());
  EXPECT_EQ(rtp::parse(after.front().bytes)->sequence,
            static_cast<std::uint16_t>(rtp::parse(before.back().bytes)->sequence + 1));
  EXPECT_EQ(after.front().timestamp, 500'000u);
}

TEST(RtpStream, sound_does_not_jump_where_the_streams_clock_wraps) {
  const Writer writer{Video::h264, Audio::pcma};
  RtpStream rtp{1};
  const std::vector<Bytes> p{nal({0x41, 0x9A}, 40, 6)};
  const std::int64_t wrap = std::int64_t{1} << 33;
  std::vector<Bytes> pieces;
  for (int i = 0; i < 6; ++i) {
    const auto time = (wrap - 3 * 3'600 + i * 3'600) & (wrap - 1);
    pieces.push_back(writer.pack(time, i == 0));
    writer.picture(annexb(i == 0 ? key_264(50) : p), time,
                   [&](Bytes piece) { pieces.push_back(std::move(piece)); });
    pieces.push_back(writer.sound(Bytes(320, 9), time));
  }
  std::vector<std::uint32_t> sound, video;
  for (const auto& packet : packets_of(rtp, pieces))
    (packet.track == 1 ? sound : video).push_back(packet.timestamp);
  ASSERT_EQ(sound.size(), 5u);
  for (std::size_t i = 1; i < sound.size(); ++i) EXPECT_EQ(sound[i] - sound[i - 1], 320u) << i;
  EXPECT_EQ(video.back() - video[video.size() - 2], 3'600u);
}

}  // namespace
}  // namespace camfleet::ps
