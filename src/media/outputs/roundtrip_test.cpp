// Good clips over bad networks, through a hub into MP4: what comes out was sent, whole and in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "media/outputs/packager.h"
#include "media/testing/fragments.h"
#include "media/testing/world.h"
#include "proto/rtp/reorder.h"

namespace camfleet::media {
namespace {

using namespace testing;

struct Clip {
  const char* file;
  h26x::Codec codec;
  std::uint32_t group;  // pictures of a group where some are shown in another order; 0: none are
};
constexpr Clip kClips[] = {{"tiny.h264", h26x::Codec::h264, 0},
                           {"tiny.h265", h26x::Codec::h265, 0},
                           {"bframes.h264", h26x::Codec::h264, 15},
                           {"bframes.h265", h26x::Codec::h265, 20}};

// Which place in order of showing the picture has: groups of three behind each key picture, P first and shown
// last.
std::uint32_t shown(const Clip& clip, std::uint32_t picture, std::uint32_t begin) {
  const auto at = picture - begin;
  if (clip.group == 0 || at == 0) return picture;
  return (at - 1) % 3 == 0 ? picture + std::min(3U, clip.group - at) - 1 : picture - 1;
}

// All of it as packets of at most 300 bytes, so that there is something to lose; each picture has a timestamp
// of its own.
std::vector<model::Packet> packets_of(const Clip& clip) {
  std::ifstream file{std::string{CAMFLEET_SOURCE_DIR "/src/media/testdata/"} + clip.file, std::ios::binary};
  const Bytes data{std::istreambuf_iterator<char>{file}, {}};
  std::vector<model::Packet> out;
  std::uint32_t picture = 0;
  std::uint32_t begin = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const ByteView nal : h26x::split_annexb(data)) {
    const int type = h26x::nal_type(clip.codec, nal);
    const bool vcl = h26x::is_vcl(clip.codec, type);
    if (vcl && h26x::is_key(clip.codec, type)) begin = picture;
    std::vector<h26x::Piece> pieces;
    if (clip.codec == h26x::Codec::h264)
      h26x::packetize_h264(nal, vcl, 300, pieces);
    else
      h26x::packetize_h265(nal, vcl, 300, pieces);
    for (const auto& piece : pieces) {
      const auto payload = piece.joined();
      auto packet = rtp_packet(0, static_cast<std::uint16_t>(65'500 + out.size()),
                               0xFFFFC000U + shown(clip, picture, begin) * 9'000, piece.marker, payload);
      const auto seen = h26x::classify(clip.codec, payload);
      packet.key_start = seen.parameter_set || seen.key_start;
      packet.arrival = start + picture * 100ms;
      out.push_back(std::move(packet));
    }
    picture += vcl ? 1 : 0;
  }
  return out;
}

std::vector<Fragment> play(const Clip& clip, const std::vector<model::Packet>& packets) {
  auto info = FakeVideo::info();
  if (clip.codec == h26x::Codec::h265) {
    info.tracks[0].codec = model::Codec::h265;
    info.tracks[0].encoding = "H265";
  }
  World world{quick_settings(), info};
  EXPECT_EQ(world.open("cam"), Code::ok);
  std::vector<Fragment> got;
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings());
    ASSERT_TRUE(packager);
    Collector collector{**packager};
    for (const auto& packet : packets) publish(to, {packet});
    got = std::move(collector.got);
  });
  world.close("cam");
  return got;
}

Bytes data_of(const Fragment& fragment) {
  const auto data = as_bytes(child(as_text(*fragment.data), "mdat"));
  return {data.begin(), data.end()};
}

// Pictures by their timestamps, and which one each is in order of decoding.
struct Sent {
  std::map<std::uint32_t, std::pair<std::size_t, Bytes>> pictures;
  explicit Sent(const std::vector<Fragment>& fragments) {
    for (const auto& fragment : fragments)
      pictures.emplace(fragment.timestamp, std::pair{pictures.size(), data_of(fragment)});
  }
};

// Each is a picture that was sent, byte for byte; where some are missing in front of it, it is a key picture;
// times of decoding grow, and none is shown before it is decoded.
void expect_sound(const Sent& sent, const std::vector<Fragment>& got) {
  std::optional<std::uint64_t> decoded;
  std::optional<std::size_t> before;
  for (const auto& fragment : got) {
    const auto at = moment(child(as_text(*fragment.data), "moof"));
    if (decoded) EXPECT_GT(at.decode_time, *decoded);
    EXPECT_GE(at.offset, 0);
    decoded = at.decode_time;
    const auto found = sent.pictures.find(fragment.timestamp);
    ASSERT_NE(found, sent.pictures.end());
    const auto& [index, bytes] = found->second;
    EXPECT_EQ(data_of(fragment), bytes) << "picture " << index;
    if (!before || index != *before + 1) EXPECT_TRUE(fragment.key_start) << "picture " << index;
    if (before) EXPECT_GT(index, *before);
    before = index;
  }
}

void for_every_clip_and_seed(const std::function<void(const Clip&, std::mt19937&)>& run) {
  std::random_device device;
  for (const Clip& clip : kClips) {
    for (const std::uint32_t seed : {1U, 2U, static_cast<std::uint32_t>(device())}) {
      SCOPED_TRACE(std::string{clip.file} + ", seed " + std::to_string(seed));
      std::mt19937 random{seed};
      run(clip, random);
    }
  }
}
bool chance(std::mt19937& random, unsigned percent) { return random() % 100 < percent; }

TEST(roundtrip, whatever_is_lost_doubled_or_displaced_what_comes_out_was_sent_and_can_be_decoded) {
  for_every_clip_and_seed([](const Clip& clip, std::mt19937& random) {
    const auto packets = packets_of(clip);
    const Sent sent{play(clip, packets)};
    ASSERT_GE(sent.pictures.size(), 10U);
    for (const unsigned percent : {1U, 5U, 20U}) {
      std::vector<model::Packet> arrived;
      for (const auto& packet : packets) {
        if (chance(random, percent)) continue;
        arrived.push_back(packet);
        if (chance(random, percent)) arrived.push_back(packet);
      }
      for (std::size_t i = 1; i < arrived.size(); ++i)
        if (chance(random, percent)) std::swap(arrived[i - 1], arrived[i]);
      expect_sound(sent, play(clip, arrived));
    }
  });
}

TEST(roundtrip, what_is_only_displaced_or_doubled_is_put_right_and_nothing_is_missing) {
  for_every_clip_and_seed([](const Clip& clip, std::mt19937& random) {
    const auto packets = packets_of(clip);
    const auto clean = play(clip, packets);
    // The first packet says where the numbers begin; the others are up to twenty places off.
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      places.emplace_back(i == 0 ? 0 : i + random() % 20, i);
      if (i > 0 && chance(random, 10)) places.emplace_back(i + random() % 20, i);
    }
    std::ranges::sort(places);

    rtp::Reorder reorder;
    std::vector<model::Packet> in_order;
    const auto take = [&](ByteView rtp) {
      for (const auto& packet : packets)
        if (std::ranges::equal(packet.rtp(), rtp)) in_order.push_back(packet);
    };
    const SteadyTime now{};
    for (const auto& [place, i] : places) {
      const auto rtp = packets[i].rtp();
      if (reorder.take(0x1234, load16(&rtp[2]), rtp, now) == rtp::Reorder::Taken::now) take(rtp);
      while (const auto next = reorder.next(now)) take(*next);
    }
    ASSERT_EQ(in_order.size(), packets.size());
    const auto got = play(clip, in_order);
    ASSERT_EQ(got.size(), clean.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const auto a = moment(child(as_text(*got[i].data), "moof"));
      const auto b = moment(child(as_text(*clean[i].data), "moof"));
      EXPECT_EQ(data_of(got[i]), data_of(clean[i])) << i;
      EXPECT_EQ(a.decode_time, b.decode_time) << i;
      EXPECT_EQ(a.offset, b.offset) << i;
    }
  });
}

}  // namespace
}  // namespace camfleet::media
