#include "proto/h26x/sps.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "proto/h26x/nal.h"
#include "proto/rtsp/parser.h"
#include "proto/sdp/codec_config.h"
#include "proto/testing/fixture.h"

namespace camfleet::h26x {
namespace {

Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(*parse_int<std::uint8_t>(text.substr(i, 2), 16));
  return out;
}

struct Expected {
  std::string_view sps;
  int width, height;
  double rate;
  std::string_view codec;
  int chroma = 1, depth = 8;
};

// Made by x264 and x265; sizes and rates are what ffprobe says of them.
constexpr Expected k264[] = {
    {"67640028acd940780227e5c044000003000400000300c83c60c658", 1920, 1080, 25, "avc1.640028"},
    {"674d401eeca058126c0440000003004000000c87c50a6580", 704, 576, 25, "avc1.4D401E"},  // interlaced
    {"6742c00dd9016096c044000003000400000300c83c50a920", 352, 288, 25, "avc1.42C00D"},
    {"67f4001f919b280a00b76022000003000200000300641e30632c", 1280, 720, 25, "avc1.F4001F", 3},
    {"677a000db6cd9415087888fc0440000003004000000c83c50a6580", 322, 242, 25, "avc1.7A000D", 2, 10},
    {"6742c00bda0b13b011000003000100000300320f142aa0", 176, 144, 25, "avc1.42C00B"},
};
constexpr Expected k265[] = {
    {"420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000c84", 1920, 1080, 25,
     "hvc1.1.6.L120.90"},
    {"42010102200000030090000003000003003fa005120171c92365959a4932bc05a02000000300200000030321", 642, 362, 25,
     "hvc1.2.4.L63.90", 1, 10},
    {"4201010408000003009d0800000300003cb00b08048596566924caf0168080000003008000000c84", 352, 288, 25,
     "hvc1.4.10.L60.9D.8", 2},
    {"42010101600000030090000003000003003ca0162024596e92930bc05a020000030002000003003210", 176, 144, 25,
     "hvc1.1.6.L60.90"},
};

TEST(Sps, reads_h264_of_every_shape) {
  for (const auto& expected : k264) {
    const auto sps = parse_h264_sps(hex(expected.sps));
    ASSERT_TRUE(sps) << expected.sps << sps.error().text();
    EXPECT_EQ(sps->width, expected.width);
    EXPECT_EQ(sps->height, expected.height);
    EXPECT_EQ(sps->frames_per_second, expected.rate);
    EXPECT_EQ(sps->chroma_format, expected.chroma);
    EXPECT_EQ(sps->bit_depth_luma, expected.depth);
    EXPECT_EQ(codec_string(*sps), expected.codec);
  }
}

TEST(Sps, reads_h265_of_every_shape) {
  for (const auto& expected : k265) {
    const auto sps = parse_h265_sps(hex(expected.sps));
    ASSERT_TRUE(sps) << expected.sps << sps.error().text();
    EXPECT_EQ(sps->width, expected.width);
    EXPECT_EQ(sps->height, expected.height);
    EXPECT_EQ(sps->frames_per_second, expected.rate);
    EXPECT_EQ(sps->chroma_format, expected.chroma);
    EXPECT_EQ(sps->bit_depth_chroma, expected.depth);
    EXPECT_EQ(codec_string(*sps), expected.codec);
  }
}

struct Camera {
  std::string file;
  int width, height;
};

TEST(Sps, of_real_cameras) {
  const Camera cameras[] = {
      {"sdp/testdata/flir.sdp", 640, 480},
      {"sdp/testdata/hik-cam-case16.sdp", 1920, 1080},
      {"sdp/testdata/hik-cam-pcm48000.sdp", 3200, 1800},
      {"sdp/testdata/hik-media-server-3.1.3.sdp", 704, 480},
      {"sdp/testdata/hik-media-server-3.4.103.sdp", 1280, 960},
      {"sdp/testdata/lal-mediaserver-h265-dahua.sdp", 704, 576},
      {"sdp/testdata/no-session-name.sdp", 2304, 1296},
      {"sdp/testdata/reolink-backchannel.sdp", 2560, 1920},
      {"sdp/testdata/session-leading-semicolon-fmtp.sdp", 1920, 1080},
      {"sdp/testdata/sony-snc-wr630.sdp", 1920, 1080},
      {"sdp/testdata/tp-link.sdp", 2304, 1296},
      {"sdp/testdata/uniview-ipc2122.sdp", 1920, 1080},
      {"sdp/testdata/vcp-ipc-h3c-backchannel-cIN.sdp", 640, 360},
      {"sdp/testdata/vcp-ipc-uniview-h3c.sdp", 1920, 1080},
      {"sdp/testdata/tplink_sdp.txt", 2560, 1440},
      {"rtsp/testdata/anjvision_describe.txt", 1280, 704},
      {"rtsp/testdata/bunny_describe.txt", 240, 160},
      {"rtsp/testdata/dahua_describe_h264_aac_onvif.txt", 704, 480},
      {"rtsp/testdata/dahua_describe_h265_pcma.txt", 704, 480},
      {"rtsp/testdata/gw_main_describe.txt", 1920, 1080},
      {"rtsp/testdata/h264dvr_describe.txt", 1920, 1080},
      {"rtsp/testdata/hikvision_describe.txt", 1920, 1080},
      {"rtsp/testdata/ipcam_describe.txt", 1280, 960},
      {"rtsp/testdata/missing_content_type_describe.txt", 320, 180},
      {"rtsp/testdata/reolink_describe.txt", 2560, 1440},
      {"rtsp/testdata/reolink_describe_control_first.txt", 2560, 1440},
  };
  for (const auto& camera : cameras) {
    SCOPED_TRACE(camera.file);
    auto text = camfleet::testing::fixture(camera.file);
    if (camera.file.starts_with("rtsp/")) text = text.substr(text.find("\r\n\r\n") + 4);
    const auto session = sdp::parse(text);
    ASSERT_TRUE(session);
    bool found = false;
    for (const auto& format : session->first("video")->formats) {
      for (const auto& set : sdp::parameter_sets(format)) {
        const auto codec = format.codec == sdp::Codec::h264 ? Codec::h264 : Codec::h265;
        const auto type = nal_type(codec, set);
        if (type != (codec == Codec::h264 ? h264::kSps : h265::kSps) || found) continue;
        found = true;
        if (codec == Codec::h264) {
          const auto sps = parse_h264_sps(set);
          ASSERT_TRUE(sps) << sps.error().text();
          EXPECT_EQ(std::pair(sps->width, sps->height), std::pair(camera.width, camera.height));
        } else {
          const auto sps = parse_h265_sps(set);
          ASSERT_TRUE(sps) << sps.error().text();
          EXPECT_EQ(std::pair(sps->width, sps->height), std::pair(camera.width, camera.height));
        }
      }
    }
    EXPECT_TRUE(found);
  }
}

TEST(Sps, no_prefix_and_no_flipped_bit_does_harm) {
  const auto check = [](const Expected& expected, auto parse) {
    const auto whole = hex(expected.sps);
    for (std::size_t size = 0; size < whole.size(); ++size) (void)parse(ByteView(whole).first(size));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      auto flipped = whole;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      const auto sps = parse(ByteView(flipped));
      if (!sps) continue;
      EXPECT_GT(sps->width, 0);
      EXPECT_LE(sps->width, 16'384);
      EXPECT_GT(sps->height, 0);
      EXPECT_LE(sps->height, 16'384);
    }
  };
  for (const auto& expected : k264) check(expected, parse_h264_sps);
  for (const auto& expected : k265) check(expected, parse_h265_sps);
}

// Writes what a hostile camera would.
class Bits {
 public:
  Bits& u(std::uint64_t value, int count) {
    while (count-- > 0) push(static_cast<int>(value >> count & 1));
    return *this;
  }
  Bits& ue(std::uint64_t value) {
    int length = 0;
    while ((value + 1) >> (length + 1) != 0) ++length;
    return u(0, length).u(value + 1, length + 1);
  }
  Bytes sps() const {
    Bytes out{0x67};
    Bytes payload = bytes_;
    payload.resize(payload.size() + 64);
    int zeros = 0;
    for (const auto byte : payload) {
      if (zeros >= 2 && byte <= 3) {
        out.push_back(3);
        zeros = 0;
      }
      out.push_back(byte);
      zeros = byte == 0 ? zeros + 1 : 0;
    }
    return out;
  }

 private:
  void push(int bit) {
    if (count_ % 8 == 0) bytes_.push_back(0);
    bytes_.back() |= static_cast<std::uint8_t>(bit << (7 - count_ % 8));
    ++count_;
  }
  Bytes bytes_;
  std::size_t count_ = 0;
};

Bits baseline() { return Bits().u(66, 8).u(0, 8).u(30, 8).ue(0).ue(0).ue(2); }

TEST(Sps, a_baseline_set_by_hand) {
  const auto sps = parse_h264_sps(baseline().ue(1).u(0, 1).ue(39).ue(29).u(1, 1).u(1, 1).u(0, 2).sps());
  ASSERT_TRUE(sps);
  EXPECT_EQ(sps->width, 640);
  EXPECT_EQ(sps->height, 480);
}

TEST(Sps, refuses_impossible_pictures) {
  const auto refused = [](const Bits& bits) { return !parse_h264_sps(bits.sps()); };
  EXPECT_TRUE(refused(baseline().ue(0x80000000).u(0, 1).ue(39).ue(29).u(1, 1).u(1, 1).u(0, 2)));
  EXPECT_TRUE(refused(baseline().ue(17).u(0, 1).ue(39).ue(29).u(1, 1).u(1, 1).u(0, 2)));
  EXPECT_TRUE(refused(baseline().ue(1).u(0, 1).ue(4095).ue(29).u(1, 1).u(1, 1).u(0, 2)));
  EXPECT_TRUE(refused(baseline().ue(1).u(0, 1).ue(0xFFFFFFFE).ue(29).u(1, 1).u(1, 1).u(0, 2)));
  EXPECT_TRUE(refused(baseline().ue(1).u(0, 1).ue(39).ue(0xFFFFFFFE).u(0, 1).u(1, 2).u(0, 2)));
  const auto cropped = [](std::uint64_t right) {
    return baseline().ue(1).u(0, 1).ue(39).ue(29).u(1, 1).u(1, 1).u(1, 1).ue(0).ue(right).ue(0).ue(0).u(0, 1);
  };
  EXPECT_FALSE(refused(cropped(319)));
  EXPECT_TRUE(refused(cropped(320)));
  EXPECT_TRUE(refused(cropped(0xFFFFFFFE)));
  EXPECT_TRUE(refused(Bits().u(66, 8).u(0, 8).u(30, 8).u(0, 64).u(1, 1)));
  EXPECT_TRUE(refused(Bits().u(66, 8).u(0, 8).u(30, 8).ue(0).ue(0).ue(1).u(0, 1).ue(0).ue(0).ue(256)));
  EXPECT_TRUE(refused(Bits().u(66, 8).u(0, 8).u(30, 8).ue(32)));
}

TEST(Sps, a_scaling_list_that_runs_away_is_refused) {
  EXPECT_FALSE(parse_h264_sps(Bits()
                                  .u(100, 8)
                                  .u(0, 8)
                                  .u(40, 8)
                                  .ue(0)
                                  .ue(1)
                                  .ue(0)
                                  .ue(0)
                                  .u(0, 1)
                                  .u(1, 1)
                                  .u(1, 1)
                                  .ue(0xFFFFFFFD)
                                  .ue(0xFFFFFFFD)
                                  .sps()));
}

TEST(Sps, timing_without_a_unit_is_no_timing) {
  const auto sps = parse_h264_sps(baseline()
                                      .ue(1)
                                      .u(0, 1)
                                      .ue(39)
                                      .ue(29)
                                      .u(1, 1)
                                      .u(1, 1)
                                      .u(0, 1)
                                      .u(1, 1)
                                      .u(0, 4)
                                      .u(1, 1)
                                      .u(0, 32)
                                      .u(90'000, 32)
                                      .sps());
  ASSERT_TRUE(sps);
  EXPECT_EQ(sps->frames_per_second, 0);
}

TEST(Sps, a_megabyte_of_emulation_prevention_takes_no_time) {
  Bytes abuse{0x67, 0x64, 0x00, 0x28};
  while (abuse.size() < 1'000'000) abuse.insert(abuse.end(), {0, 0, 3});
  EXPECT_FALSE(parse_h264_sps(abuse));
  abuse[0] = 0x42;
  EXPECT_FALSE(parse_h265_sps(abuse));
}

TEST(Sps, other_kinds_are_refused) {
  EXPECT_FALSE(parse_h264_sps(hex("68ee3c80")));
  EXPECT_FALSE(parse_h264_sps({}));
  EXPECT_FALSE(parse_h265_sps(hex("4401c0f2")));
  EXPECT_FALSE(parse_h265_sps({}));
}

}  // namespace
}  // namespace camfleet::h26x
