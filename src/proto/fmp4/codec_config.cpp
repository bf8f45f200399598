#include <array>
#include <optional>

#include <fmt/format.h>

#include "proto/fmp4/box.h"
#include "proto/fmp4/init_segment.h"

// The parts of an SPS that the configuration records and the codec strings repeat; no more is read here.
namespace camfleet::fmp4 {
namespace {

constexpr std::size_t kMaxSets = 31;     // five bits in avcC
constexpr std::size_t kMaxSet = 0xFFFF;  // two bytes of length
constexpr std::size_t kPrefix = 256;     // bytes of an SPS in which all of that stands

// Bits of a NAL unit without its emulation prevention bytes (H.264 section 7.3.1).
class Bits {
 public:
  explicit Bits(ByteView nal) {
    int zeros = 0;
    for (const auto byte : nal.first(std::min(nal.size(), kPrefix))) {
      if (zeros >= 2 && byte == 3) {
        zeros = 0;
        continue;
      }
      zeros = byte == 0 ? zeros + 1 : 0;
      bytes_.push_back(byte);
    }
  }
  std::uint32_t take(int count) {
    std::uint32_t value = 0;
    for (; count > 0; --count) {
      if (at_ / 8 >= bytes_.size()) {
        bad_ = true;
        return 0;
      }
      value = value << 1 | (bytes_[at_ / 8] >> (7 - at_ % 8) & 1U);
      ++at_;
    }
    return value;
  }
  std::uint32_t exp_golomb() {
    int zeros = 0;
    while (!bad_ && take(1) == 0) {
      if (++zeros > 31) bad_ = true;
    }
    return bad_ ? 0 : (1U << zeros) - 1 + take(zeros);
  }
  void skip(int count) {
    for (; count > 16; count -= 16) take(16);
    take(count);
  }
  bool bad() const { return bad_; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  bool bad_ = false;
};

struct Chroma {
  std::uint32_t format = 1;
  std::uint32_t luma = 0;  // bit depth minus eight
  std::uint32_t chroma = 0;
};

bool high_profile(unsigned profile) {
  return profile == 100 || profile == 110 || profile == 122 || profile == 144 || profile == 244;
}

std::optional<Chroma> h264_chroma(ByteView sps) {
  Chroma found;
  if (!high_profile(sps[1])) return found;
  Bits bits{sps.subspan(4)};
  bits.exp_golomb();  // seq_parameter_set_id
  found.format = bits.exp_golomb();
  if (found.format == 3) bits.take(1);
  found.luma = bits.exp_golomb();
  found.chroma = bits.exp_golomb();
  if (bits.bad() || found.format > 3 || found.luma > 6 || found.chroma > 6) return std::nullopt;
  return found;
}

struct H265 {
  std::array<std::uint8_t, 12> profile{};  // general_profile_space to general_level_idc
  std::uint32_t temporal_layers = 1;
  std::uint32_t nested = 0;
  Chroma chroma;
};

// H.265 sections 7.3.2.2 and 7.3.3.
std::optional<H265> read_h265(ByteView sps) {
  if (sps.size() < 15 || (sps[0] >> 1 & 0x3F) != 33) return std::nullopt;
  Bits bits{sps.subspan(2)};
  H265 found;
  bits.take(4);
  const auto sub_layers = bits.take(3);
  found.temporal_layers = sub_layers + 1;
  found.nested = bits.take(1);
  for (auto& byte : found.profile) byte = static_cast<std::uint8_t>(bits.take(8));
  std::array<std::uint32_t, 8> has_profile{};
  std::array<std::uint32_t, 8> has_level{};
  for (std::size_t i = 0; i < sub_layers; ++i) {
    has_profile[i] = bits.take(1);
    has_level[i] = bits.take(1);
  }
  if (sub_layers > 0) bits.skip(2 * static_cast<int>(8 - sub_layers));
  for (std::size_t i = 0; i < sub_layers; ++i) bits.skip((has_profile[i] ? 88 : 0) + (has_level[i] ? 8 : 0));
  bits.exp_golomb();  // sps_seq_parameter_set_id
  found.chroma.format = bits.exp_golomb();
  if (found.chroma.format == 3) bits.take(1);
  bits.exp_golomb();  // width
  bits.exp_golomb();  // height
  if (bits.take(1) != 0) {
    for (int i = 0; i < 4; ++i) bits.exp_golomb();  // conformance window
  }
  found.chroma.luma = bits.exp_golomb();
  found.chroma.chroma = bits.exp_golomb();
  if (bits.bad() || found.chroma.format > 3 || found.chroma.luma > 7 || found.chroma.chroma > 7)
    return std::nullopt;
  return found;
}

bool usable(const std::vector<Bytes>& sets, std::size_t least_bytes) {
  if (sets.empty() || sets.size() > kMaxSets) return false;
  for (const auto& set : sets) {
    if (set.size() < least_bytes || set.size() > kMaxSet) return false;
  }
  return true;
}

void write_sets(BoxWriter& out, const std::vector<Bytes>& sets) {
  for (const auto& set : sets) {
    out.u16(static_cast<unsigned>(set.size()));
    out.bytes(set);
  }
}

bool is_h264(const VideoTrack& video) {
  return usable(video.sps, 4) && usable(video.pps, 1) && (video.sps.front()[0] & 0x1F) == 7;
}

std::uint32_t reversed(std::uint32_t value) {
  std::uint32_t out = 0;
  for (int i = 0; i < 32; ++i) out |= (value >> i & 1U) << (31 - i);
  return out;
}

}  // namespace

Result<Bytes> avcc(const VideoTrack& video) {
  if (!is_h264(video)) return fail(Code::h26x_invalid, "avcC: parameter sets");
  const auto& sps = video.sps.front();
  const auto chroma = h264_chroma(sps);
  if (!chroma) return fail(Code::h26x_invalid, "avcC: SPS");
  Bytes bytes;
  BoxWriter out{bytes};
  out.u8(1);
  out.bytes(ByteView{sps}.subspan(1, 3));  // profile, constraints, level
  out.u8(0xFC | 3);                        // lengths of four bytes
  out.u8(0xE0 | static_cast<unsigned>(video.sps.size()));
  write_sets(out, video.sps);
  out.u8(static_cast<unsigned>(video.pps.size()));
  write_sets(out, video.pps);
  if (high_profile(sps[1])) {
    out.u8(0xFC | chroma->format);
    out.u8(0xF8 | chroma->luma);
    out.u8(0xF8 | chroma->chroma);
    out.u8(0);  // no SPS extension
  }
  return bytes;
}

Result<Bytes> hvcc(const VideoTrack& video) {
  if (!usable(video.vps, 2) || !usable(video.sps, 2) || !usable(video.pps, 2)) {
    return fail(Code::h26x_invalid, "hvcC: parameter sets");
  }
  const auto sps = read_h265(video.sps.front());
  if (!sps) return fail(Code::h26x_invalid, "hvcC: SPS");
  Bytes bytes;
  BoxWriter out{bytes};
  out.u8(1);
  out.bytes(sps->profile);
  out.u16(0xF000);  // min_spatial_segmentation: unknown
  out.u8(0xFC);     // parallelism: unknown
  out.u8(0xFC | sps->chroma.format);
  out.u8(0xF8 | sps->chroma.luma);
  out.u8(0xF8 | sps->chroma.chroma);
  out.u16(0);  // frame rate: unknown
  out.u8(sps->temporal_layers << 3 | sps->nested << 2 | 3);
  out.u8(3);
  const std::pair<unsigned, const std::vector<Bytes>*> arrays[] = {
      {32, &video.vps}, {33, &video.sps}, {34, &video.pps}};
  for (const auto& [type, sets] : arrays) {
    out.u8(0x80 | type);  // hvc1: all of them stand here
    out.u16(static_cast<unsigned>(sets->size()));
    write_sets(out, *sets);
  }
  return bytes;
}

Result<std::string> codec_string(const VideoTrack& video) {
  if (video.codec == Codec::h264) {
    if (!is_h264(video)) return fail(Code::h26x_invalid, "SPS");
    const auto& sps = video.sps.front();
    return fmt::format("avc1.{:02x}{:02x}{:02x}", sps[1], sps[2], sps[3]);
  }
  const auto sps = video.sps.empty() ? std::nullopt : read_h265(video.sps.front());
  if (!sps) return fail(Code::h26x_invalid, "SPS");
  // ISO/IEC 14496-15 annex E.3: space and profile, compatibility with its bits reversed, tier and level,
  // constraints without the zeros at the end.
  const auto& profile = sps->profile;
  constexpr std::string_view kSpaces[] = {"", "A", "B", "C"};
  auto out = fmt::format("hvc1.{}{}.{:X}.{}{}", kSpaces[profile[0] >> 6], profile[0] & 0x1F,
                         reversed(load32(&profile[1])), (profile[0] & 0x20) != 0 ? 'H' : 'L', profile[11]);
  std::size_t last = 11;
  while (last > 5 && profile[last - 1] == 0) --last;
  for (std::size_t i = 5; i < last; ++i) out += fmt::format(".{:X}", profile[i]);
  return out;
}

std::string codec_string(const AacTrack& audio) {
  const auto type = audio.config.empty() ? 2 : audio.config.front() >> 3;
  return fmt::format("mp4a.40.{}", type == 0 || type == 31 ? 2 : type);
}

Result<std::string> mime_type(const VideoTrack& video, const std::optional<AacTrack>& audio) {
  const auto codec = codec_string(video);
  if (!codec) return fail(codec.error());
  return fmt::format("video/mp4; codecs=\"{}{}\"", *codec, audio ? "," + codec_string(*audio) : "");
}

std::string mime_type(const AacTrack& audio) {
  return fmt::format("audio/mp4; codecs=\"{}\"", codec_string(audio));
}

}  // namespace camfleet::fmp4
