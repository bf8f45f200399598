// FLV and transport streams made of a camera's packets.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "media/outputs/packagers.h"
#include "media/testing/fragments.h"
#include "media/testing/world.h"
#include "proto/flv/testing/reader.h"
#include "proto/ts/testing/reader.h"

namespace camfleet::media {
namespace {

using namespace testing;

model::Track pcma_track() {
  model::Track track;
  track.media = model::Media::audio;
  track.codec = model::Codec::pcma;
  track.payload_type = 8;
  track.clock_rate = 8'000;
  return track;
}

// What a viewer of `form` gets of a camera, from `joins` pictures on, with sound or without.
struct Watched {
  std::vector<Fragment> fragments;
  Bytes bytes;  // as over HTTP
};
Watched watch(Form form, h26x::Codec codec, int pictures, int joins = 0, bool sound = false) {
  TinyClip clip{codec};
  auto info = clip.info();
  if (sound) info.tracks.push_back(pcma_track());
  World world{quick_settings(), info};
  Watched out;
  EXPECT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings(), form);
    ASSERT_TRUE(packager);
    std::optional<Collector> collector;
    const auto start = std::chrono::steady_clock::now();
    std::uint16_t sequence = 0;
    for (int i = 0; i < pictures; ++i) {
      if (i == joins) collector.emplace(**packager);
      auto packets = clip.frame();
      for (auto& packet : packets) packet.arrival = start + i * 100ms;
      publish(to, std::move(packets));
      if (!sound) continue;
      auto packet =
          rtp_packet(1, ++sequence, 800U * static_cast<std::uint32_t>(i), true, Bytes(800, 0xD5), 8);
      packet.arrival = start + i * 100ms;
      publish(to, {packet});
    }
    out.fragments = collector->got;
  });
  world.close("cam");
  const FormInit* init = nullptr;
  for (const auto& fragment : out.fragments) {
    if (fragment.init.get() != init) {
      const Bytes& begin = init == nullptr ? fragment.init->data : *fragment.init->change;
      out.bytes.insert(out.bytes.end(), begin.begin(), begin.end());
      init = fragment.init.get();
    }
    out.bytes.insert(out.bytes.end(), fragment.data->begin(), fragment.data->end());
  }
  return out;
}

TEST(flv_muxer, metadata_sequence_header_then_one_tag_a_picture) {
  const auto got = watch(Form::flv, h26x::Codec::h264, 25);
  const auto file = flv::testing::read_file(got.bytes);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->video);
  EXPECT_FALSE(file->audio);
  ASSERT_EQ(file->tags.size(), 27U);
  EXPECT_EQ(file->tags[0].type, 18);
  EXPECT_EQ(to_hex(file->tags[1].data.first(6)), "170000000001") << "AVCDecoderConfigurationRecord";
  for (std::size_t i = 0; i < 25; ++i) {
    const auto& tag = file->tags[i + 2];
    EXPECT_EQ(tag.type, 9);
    EXPECT_EQ(tag.time, 100 * i);
    EXPECT_EQ(to_hex(tag.data.first(5)), i % 10 == 0 ? "1701000000" : "2701000000");
    EXPECT_EQ(load32(&tag.data[5]), tag.data.size() - 9) << "one slice behind its length";
    EXPECT_EQ(got.fragments[i].key_start, i % 10 == 0);
  }
}

TEST(flv_muxer, who_comes_later_begins_with_a_key_picture_and_the_stream_s_time) {
  const auto got = watch(Form::flv, h26x::Codec::h264, 25, 15);
  const auto file = flv::testing::read_file(got.bytes);
  ASSERT_TRUE(file);
  ASSERT_EQ(file->tags.size(), 2U + 15U);
  EXPECT_EQ(file->tags[2].data[0], 0x17);
  EXPECT_EQ(file->tags[2].time, 1'000U);
}

TEST(flv_muxer, h265_in_both_forms) {
  const auto enhanced = watch(Form::flv, h26x::Codec::h265, 11);
  auto file = flv::testing::read_file(enhanced.bytes);
  ASSERT_TRUE(file);
  ASSERT_EQ(file->tags.size(), 13U);
  EXPECT_EQ(to_hex(file->tags[1].data.first(6)), "906876633101");
  EXPECT_EQ(to_hex(file->tags[2].data.first(5)), "9368766331");
  EXPECT_EQ(to_hex(file->tags[3].data.first(5)), "a368766331");
  const auto older = watch(Form::flv_12, h26x::Codec::h265, 11);
  file = flv::testing::read_file(older.bytes);
  ASSERT_TRUE(file);
  EXPECT_EQ(to_hex(file->tags[1].data.first(6)), "1c0000000001");
  EXPECT_EQ(to_hex(file->tags[2].data.first(5)), "1c01000000");
  EXPECT_EQ(to_hex(file->tags[3].data.first(5)), "2c01000000");
}

TEST(flv_muxer, g711_comes_as_aac_beside_the_pictures) {
  const auto got = watch(Form::flv, h26x::Codec::h264, 40, 0, true);
  const auto file = flv::testing::read_file(got.bytes);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->audio && file->video);
  EXPECT_EQ(to_hex(file->tags[2].data), "af001588") << "8 kHz, mono";
  std::vector<std::uint32_t> times;
  for (const auto& tag : file->tags)
    if (tag.type == 8 && tag.data[1] == 1) times.push_back(tag.time);
  ASSERT_GT(times.size(), 20U);
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_GT(times[i], times[i - 1]);
    EXPECT_LE(times[i] - times[i - 1], 2 * 128U + 1);
  }
  EXPECT_GT(times.back(), 3'000U);
}

// A camera that is set up anew: two clips of other sizes, one after another, in one stream.
TEST(flv_muxer, other_parameter_sets_make_other_sequence_headers_in_the_stream) {
  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam"), Code::ok);
  std::ifstream in{CAMFLEET_SOURCE_DIR "/src/media/testdata/bframes.h264", std::ios::binary};
  const Bytes other{std::istreambuf_iterator<char>{in}, {}};
  const auto nals = h26x::split_annexb(other);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto flv = Packager::make(Lease{world.hub("cam")}, world.hubs->settings(), Form::flv);
    auto ts = Packager::make(Lease{world.hub("cam")}, world.hubs->settings(), Form::ts);
    Collector of_flv{**flv};
    Collector of_ts{**ts};
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    for (int i = 0; i < 5; ++i) {
      auto packets = clip.frame();
      sequence = static_cast<std::uint16_t>(load16(packets.back().rtp().data() + 2));
      timestamp = packets.back().timestamp;
      publish(to, std::move(packets));
    }
    timestamp += 9'000;
    std::vector<model::Packet> packets;
    for (std::size_t i = 0; i < nals.size(); ++i) {
      const bool picture = h26x::is_vcl(h26x::Codec::h264, h26x::nal_type(h26x::Codec::h264, nals[i]));
      std::vector<h26x::Piece> pieces;
      h26x::packetize_h264(nals[i], picture, 1200, pieces);
      for (const auto& piece : pieces)
        packets.push_back(rtp_packet(0, ++sequence, timestamp, piece.marker, piece.joined()));
      if (!picture) continue;
      packets.front().key_start = true;
      publish(to, std::exchange(packets, {}));
      break;
    }
    ASSERT_EQ(of_flv.got.size(), 6U);
    const auto& last = of_flv.got.back();
    EXPECT_NE(last.init, of_flv.got.front().init);
    ASSERT_TRUE(last.init->change);
    const auto tags = flv::testing::read_tags(*last.init->change);
    ASSERT_TRUE(tags && tags->size() == 1);
    EXPECT_EQ(to_hex((*tags)[0].data.first(2)), "1700");
    EXPECT_EQ((*tags)[0].time, (*flv::testing::read_tags(*last.data))[0].time);
    // The transport stream has the new sets with the key picture.
    ts::testing::Reader reader;
    for (const auto& fragment : of_ts.got) reader.read(*fragment.data);
    const auto sps = [&](std::size_t i) { return h26x::split_annexb(reader.units[i].data)[1]; };
    ASSERT_EQ(reader.units.size(), 6U);
    EXPECT_EQ(h26x::nal_type(h26x::Codec::h264, sps(5)), h26x::h264::kSps);
    EXPECT_NE(as_text(sps(0)), as_text(sps(5)));
  });
  world.close("cam");
}

TEST(ts_muxer, tables_and_parameter_sets_at_each_key_picture) {
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265}) {
    const auto got = watch(Form::ts, codec, 25, 12);
    ts::testing::Reader reader;
    reader.read(got.bytes);
    EXPECT_EQ(reader.tables, 2U);
    EXPECT_EQ(
        reader.types,
        (std::map<std::uint16_t, std::uint8_t>{{ts::kVideoPid, codec == h26x::Codec::h264 ? 0x1B : 0x24}}));
    ASSERT_EQ(reader.units.size(), 15U) << "from the key picture on";
    for (std::size_t i = 0; i < reader.units.size(); ++i) {
      const auto& unit = reader.units[i];
      EXPECT_EQ(unit.shown, 90'000 + 9'000 * std::int64_t(i + 10));
      EXPECT_EQ(unit.key, i % 10 == 0);
      const auto nals = h26x::split_annexb(unit.data);
      std::string types;
      for (const auto nal : nals) types += std::to_string(h26x::nal_type(codec, nal)) + " ";
      if (codec == h26x::Codec::h264)
        EXPECT_EQ(types, unit.key ? "9 7 8 5 " : "9 1 ");
      else
        EXPECT_TRUE(types.starts_with(unit.key ? "35 32 33 34 " : "35 1 ")) << types;
    }
  }
}

TEST(ts_muxer, g711_comes_as_aac_in_adts) {
  ts::testing::Reader reader;
  reader.read(watch(Form::ts, h26x::Codec::h264, 40, 0, true).bytes);
  EXPECT_EQ(reader.types.at(ts::kAudioPid), 0x0F);
  std::int64_t last = 0;
  int frames = 0;
  for (const auto& unit : reader.units) {
    if (unit.pid != ts::kAudioPid) continue;
    ++frames;
    EXPECT_EQ(to_hex(ByteView{unit.data}.first(3)), "fff16c");
    EXPECT_EQ((load16(&unit.data[3]) & 0x3FF) << 3 | unit.data[5] >> 5, static_cast<int>(unit.data.size()));
    EXPECT_GT(unit.shown, last);
    last = unit.shown;
  }
  EXPECT_GT(frames, 20);
}

TEST(Packagers, one_for_each_form_and_h264_needs_no_two_of_flv) {
  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) { publish(to, clip.frame()); });
  net::Loop& loop = world.loop("cam");
  auto packagers = on(loop, [&] { return std::make_unique<Packagers>(*world.hubs, loop, 50ms); });
  struct Open {
    static net::Task<> one(Packagers& from, Form form, std::shared_ptr<Packager>& out) {
      auto opened = co_await from.open(key_of("cam"), form);
      if (opened) out = *opened;
    }
  };
  std::shared_ptr<Packager> mp4, flv, other, ts;
  for (auto [form, to] :
       {std::pair{Form::mp4, &mp4}, {Form::flv, &flv}, {Form::flv_12, &other}, {Form::ts, &ts}})
    net::block_on(loop.executor(), Open::one(*packagers, form, *to));
  EXPECT_TRUE(mp4 && flv && ts);
  EXPECT_NE(mp4, flv);
  EXPECT_NE(mp4, ts);
  EXPECT_EQ(flv, other);
  on(loop, [&] {
    for (auto* one : {&mp4, &flv, &other, &ts}) one->reset();
    packagers.reset();
  });
  world.close("cam");
}

}  // namespace
}  // namespace camfleet::media
