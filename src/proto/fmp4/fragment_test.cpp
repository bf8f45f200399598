#include "proto/fmp4/fragment.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include <fmt/format.h>

namespace camfleet::fmp4 {
namespace {

struct Clip {
  VideoTrack track;
  std::vector<Bytes> pictures;  // each NAL unit behind its length
  std::vector<bool> keys;
};

Bytes read_file(const std::string& name) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/fmp4/testdata/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<Bytes> nal_units(const Bytes& bytes) {
  std::vector<Bytes> out;
  std::size_t begin = bytes.size();
  for (std::size_t i = 0; i + 2 < bytes.size(); ++i) {
    if (bytes[i] != 0 || bytes[i + 1] != 0 || bytes[i + 2] != 1) continue;
    if (begin < i)
      out.emplace_back(bytes.begin() + static_cast<long>(begin), bytes.begin() + static_cast<long>(i));
    begin = i + 3;
  }
  out.emplace_back(bytes.begin() + static_cast<long>(begin), bytes.end());
  for (auto& nal : out) {
    while (!nal.empty() && nal.back() == 0) nal.pop_back();
  }
  return out;
}

Clip load(Codec codec) {
  Clip clip;
  clip.track.codec = codec;
  clip.track.width = 64;
  clip.track.height = 48;
  const bool h264 = codec == Codec::h264;
  for (const auto& nal : nal_units(read_file(h264 ? "clip.h264" : "clip.h265"))) {
    const int type = h264 ? nal[0] & 0x1F : nal[0] >> 1 & 0x3F;
    auto* sets = type == (h264 ? 7 : 33)   ? &clip.track.sps
                 : type == (h264 ? 8 : 34) ? &clip.track.pps
                 : !h264 && type == 32     ? &clip.track.vps
                                           : nullptr;
    if (sets != nullptr) {
      if (sets->empty()) sets->push_back(nal);
      continue;
    }
    Bytes picture(4);
    store32(picture.data(), static_cast<std::uint32_t>(nal.size()));
    picture.insert(picture.end(), nal.begin(), nal.end());
    clip.pictures.push_back(std::move(picture));
    clip.keys.push_back(h264 ? type == 5 : type >= 16 && type <= 23);
  }
  return clip;
}

// Box paths ("moov/trak/mdia") and where their payload stands; the sizes must fit exactly.
struct Found {
  std::size_t begin = 0;
  std::size_t size = 0;
};
void walk(ByteView bytes, std::size_t base, const std::string& path, std::multimap<std::string, Found>& out) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    ASSERT_LE(at + 8, bytes.size()) << path;
    const auto size = load32(bytes.data() + at);
    ASSERT_GE(size, 8U) << path;
    ASSERT_LE(at + size, bytes.size()) << path;
    const auto name = path + std::string{as_text(bytes.subspan(at + 4, 4))};
    out.emplace(name, Found{base + at + 8, size - 8});
    const auto type = name.substr(name.size() - 4);
    for (const auto* parent : {"moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"}) {
      if (type == parent) walk(bytes.subspan(at + 8, size - 8), base + at + 8, name + "/", out);
    }
    at += size;
  }
}
std::multimap<std::string, Found> boxes(ByteView bytes) {
  std::multimap<std::string, Found> out;
  walk(bytes, 0, "", out);
  return out;
}

AacTrack aac() { return {.config = {0x14, 0x08}, .sample_rate = 16000, .channels = 1}; }

TEST(Fmp4, init_segment_has_its_boxes) {
  const auto clip = load(Codec::h264);
  const auto init = init_segment(clip.track, aac());
  ASSERT_TRUE(init);
  const auto found = boxes(*init);
  for (const auto* path :
       {"ftyp", "moov", "moov/mvhd", "moov/trak/tkhd", "moov/trak/mdia/mdhd", "moov/trak/mdia/hdlr",
        "moov/trak/mdia/minf/vmhd", "moov/trak/mdia/minf/smhd", "moov/trak/mdia/minf/dinf/dref",
        "moov/trak/mdia/minf/stbl/stsd", "moov/trak/mdia/minf/stbl/stsz", "moov/mvex/trex"}) {
    EXPECT_TRUE(found.contains(path)) << path;
  }
  EXPECT_EQ(found.count("moov/trak"), 2U);
  EXPECT_EQ(found.count("moov/mvex/trex"), 2U);
  EXPECT_EQ(boxes(*init_segment(clip.track)).count("moov/trak"), 1U);
}

TEST(Fmp4, sound_alone_and_what_it_is_called) {
  const auto init = init_segment(aac());
  ASSERT_TRUE(init);
  const auto found = boxes(*init);
  EXPECT_EQ(found.count("moov/trak"), 1U);
  EXPECT_TRUE(found.contains("moov/trak/mdia/minf/smhd"));
  EXPECT_EQ(found.count("moov/mvex/trex"), 1U);
  EXPECT_EQ(mime_type(aac()), "audio/mp4; codecs=\"mp4a.40.2\"");
  EXPECT_FALSE(init_segment(AacTrack{{0x14, 0x08}, 0, 1})) << "a rate of nothing";
  EXPECT_FALSE(init_segment(AacTrack{{}, 16000, 1}));
}

TEST(Fmp4, the_time_of_day_stands_in_front) {
  Bytes out;
  append_producer_time(out, kVideoTrack, 0x0102030405060708, 0x1112131415161718, true);
  append_producer_time(out, kVideoTrack, 0, 0, false);
  EXPECT_EQ(to_hex(out),
            "00000020"
            "70726674"
            "01000000"
            "00000001"
            "0102030405060708"
            "1112131415161718"
            "00000020"
            "70726674"
            "01000001"
            "00000001"
            "0000000000000000"
            "0000000000000000");
}

// The same bytes as a well-known muxer writes for these parameter sets.
TEST(Fmp4, configuration_records) {
  EXPECT_EQ(to_hex(*avcc(load(Codec::h264).track)),
            "0164000affe100166764000aacb208f60220000003002000000641e244c901000668ebc3cb22c0fdf8f800");
  EXPECT_EQ(to_hex(*hvcc(load(Codec::h265).track)),
            "0101600000009000000000001ef000fcfdf8f800000f03a00001001840010c01ffff0160000003009000000300000300"
            "1e928090a10001"
            "002742010101600000030090000003000003001ea0208316592ae4caf0168080000003008000000c84a2000100064401"
            "c173d089");
}

TEST(Fmp4, codec_strings) {
  EXPECT_EQ(*codec_string(load(Codec::h264).track), "avc1.64000a");
  EXPECT_EQ(*codec_string(load(Codec::h265).track), "hvc1.1.6.L30.90");
  EXPECT_EQ(*codec_string(VideoTrack{.sps = {{0x67, 0x42, 0x00, 0x1F}}, .pps = {{0x68}}}), "avc1.42001f");
  EXPECT_EQ(codec_string(aac()), "mp4a.40.2");
  EXPECT_EQ(*mime_type(load(Codec::h264).track, aac()), "video/mp4; codecs=\"avc1.64000a,mp4a.40.2\"");
}

TEST(Fmp4, bad_parameter_sets_are_refused) {
  EXPECT_EQ(init_segment(VideoTrack{}).error().code, Code::h26x_invalid);
  for (const auto codec : {Codec::h264, Codec::h265}) {
    const auto whole = load(codec).track;
    for (std::size_t size = 0; size < whole.sps.front().size(); ++size) {
      auto cut = whole;
      cut.sps.front().resize(size);
      (void)init_segment(cut);  // must not read past its end
      (void)codec_string(cut);
      EXPECT_FALSE(size < 4 && init_segment(cut));
    }
    auto many = whole;
    many.pps.assign(32, whole.pps.front());
    EXPECT_FALSE(init_segment(many));
  }
  EXPECT_FALSE(init_segment(load(Codec::h264).track, AacTrack{}));
}

TEST(Fmp4, fragment_points_at_its_data) {
  const auto clip = load(Codec::h264);
  const Bytes sound(20, 0xAA);
  const std::vector<Sample> video{{clip.pictures[0], 3600, 0, true}, {clip.pictures[1], 3601, -5, false}};
  const std::vector<Sample> audio{{sound, 1024}};
  const fmp4::Run runs[] = {{kVideoTrack, 0x1'2345'6789, video}, {kAudioTrack, 77, audio}};
  const auto bytes = fragment(9, runs);
  ASSERT_TRUE(bytes);
  const auto found = boxes(*bytes);
  const auto number = [&](const char* path, std::size_t offset, std::ptrdiff_t nth = 0) {
    auto box = found.lower_bound(path);
    std::advance(box, nth);
    return load32(bytes->data() + box->second.begin + offset);
  };
  EXPECT_EQ(number("moof/mfhd", 4), 9U);
  EXPECT_EQ(number("moof/traf/tfhd", 4), 1U);
  EXPECT_EQ(number("moof/traf/tfdt", 4), 1U);
  EXPECT_EQ(number("moof/traf/tfdt", 8), 0x23456789U);
  EXPECT_EQ(number("moof/traf/trun", 4), 2U);
  EXPECT_EQ(number("moof/traf/trun", 12), 3600U);
  EXPECT_EQ(number("moof/traf/trun", 16), clip.pictures[0].size());
  EXPECT_EQ(number("moof/traf/trun", 20), 0x02000000U);
  EXPECT_EQ(number("moof/traf/trun", 28), 3601U);
  EXPECT_EQ(number("moof/traf/trun", 36), 0x01010000U);
  EXPECT_EQ(number("moof/traf/trun", 40), static_cast<std::uint32_t>(-5));
  const auto data = found.find("mdat")->second;
  EXPECT_EQ(number("moof/traf/trun", 8), data.begin);
  EXPECT_EQ(number("moof/traf/trun", 8, 1), data.begin + clip.pictures[0].size() + clip.pictures[1].size());
  EXPECT_EQ(bytes->back(), 0xAA);

  const auto head = fragment_head(9, runs);
  EXPECT_TRUE(std::equal(head->begin(), head->end(), bytes->begin()));
  EXPECT_EQ(head->size(), data.begin);
}

TEST(Fmp4, fragments_that_cannot_be) {
  EXPECT_EQ(fragment(1, std::span<const fmp4::Run>{}).error().code, Code::media_bad_data);
  EXPECT_FALSE(fragment(1, fmp4::Run{}));
  const std::vector<Sample> empty(1);
  EXPECT_FALSE(fragment(1, fmp4::Run{.samples = empty}));
  const Bytes byte(1);
  const std::vector<Sample> many(kMaxSamples + 1, Sample{byte, 1});
  EXPECT_FALSE(fragment(1, fmp4::Run{.samples = many}));
  EXPECT_TRUE(fragment(1, fmp4::Run{.samples = std::span{many}.first(kMaxSamples)}));
}

std::string output_of(const std::string& command) {
  std::string out;
  auto* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  for (char buffer[512]; const auto size = std::fread(buffer, 1, sizeof buffer, pipe);)
    out.append(buffer, size);
  pclose(pipe);
  return out;
}

TEST(Fmp4, ffprobe_plays_what_we_write) {
  if (output_of("ffprobe -version 2>/dev/null").empty()) GTEST_SKIP() << "no ffprobe";
  for (const auto codec : {Codec::h264, Codec::h265}) {
    const auto clip = load(codec);
    ASSERT_EQ(clip.pictures.size(), 10U);
    auto file = *init_segment(clip.track);
    std::uint64_t time = 90000;
    for (std::size_t i = 0; i < clip.pictures.size();) {
      // One picture, then two, and so on, in turn.
      std::vector<Sample> samples;
      const auto count = std::min(clip.pictures.size() - i, 1 + i % 3);
      for (std::size_t k = 0; k < count; ++k)
        samples.push_back({clip.pictures[i + k], 3600, 0, clip.keys[i + k]});
      const auto bytes = fragment(static_cast<std::uint32_t>(i + 1), fmp4::Run{kVideoTrack, time, samples});
      ASSERT_TRUE(bytes);
      file.insert(file.end(), bytes->begin(), bytes->end());
      time += 3600 * count;
      i += count;
    }
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("camfleet-fmp4-{}.mp4", ::getpid());
    std::ofstream{path, std::ios::binary}.write(reinterpret_cast<const char*>(file.data()),
                                                static_cast<std::streamsize>(file.size()));
    const auto stream = output_of(
        "ffprobe -v error -count_frames -of csv=p=0 -show_entries "
        "stream=codec_name,codec_tag_string,width,height,nb_read_frames " +
        path.string() + " 2>&1");
    const auto packets =
        output_of("ffprobe -v error -of csv=p=0 -show_entries packet=pts,flags " + path.string() + " 2>&1");
    std::filesystem::remove(path);
    EXPECT_EQ(stream, codec == Codec::h264 ? "h264,avc1,64,48,10\n" : "hevc,hvc1,64,48,10\n");
    std::string expected;
    for (std::size_t i = 0; i < 10; ++i)
      expected += fmt::format("{},{}\n", 90000 + 3600 * i, clip.keys[i] ? "K_" : "__");
    EXPECT_EQ(packets, expected);
  }
}

}  // namespace
}  // namespace camfleet::fmp4
