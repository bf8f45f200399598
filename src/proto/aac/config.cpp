#include "proto/aac/config.h"

#include <algorithm>
#include <array>

namespace camfleet::aac {
namespace {

constexpr auto kRates = std::to_array<int>(
    {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350});
constexpr std::uint32_t kEscapeObject = 31;
constexpr std::uint32_t kEscapeRate = 15;
constexpr int kSbr = 5, kLowDelay = 23, kPs = 29;

class Bits {
 public:
  explicit Bits(ByteView bytes) : bytes_(bytes) {}
  std::uint32_t take(int count) {
    std::uint32_t value = 0;
    for (; count > 0; --count, ++at_) {
      if (at_ / 8 >= bytes_.size()) {
        ok_ = false;
        return 0;
      }
      value = value << 1 | (bytes_[at_ / 8] >> (7 - at_ % 8) & 1U);
    }
    return value;
  }
  bool ok() const { return ok_; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

int object_type(Bits& in) {
  const auto type = in.take(5);
  return static_cast<int>(type == kEscapeObject ? 32 + in.take(6) : type);
}
int sample_rate(Bits& in) {
  const auto index = in.take(4);
  if (index == kEscapeRate) return static_cast<int>(in.take(24));
  return index < kRates.size() ? kRates[index] : 0;
}
int channels_of(std::uint32_t value) { return value == 7 ? 8 : static_cast<int>(value); }
bool plausible(int rate) { return rate >= 1'000 && rate <= 192'000; }

}  // namespace

std::optional<Config> parse_config(ByteView bytes) {
  Bits in{bytes};
  Config out;
  out.object_type = object_type(in);
  const int core_rate = sample_rate(in);
  const auto channels = in.take(4);
  out.sample_rate = core_rate;
  // SBR and PS stand in front of the object type that they extend; the output has the extension's rate.
  int core = out.object_type;
  if (core == kSbr || core == kPs) {
    out.sample_rate = sample_rate(in);
    core = object_type(in);
  }
  if (!in.ok() || out.object_type == 0 || channels > 7 || !plausible(core_rate) ||
      !plausible(out.sample_rate)) {
    return std::nullopt;
  }
  out.channels = channels_of(channels);
  // The first bit of GASpecificConfig; a config that ends before it is of a sender that left it out.
  const bool shorter = in.take(1) != 0;
  const int samples = core == kLowDelay ? (shorter ? 480 : 512) : (shorter ? 960 : 1024);
  out.frame_samples = static_cast<int>(std::int64_t{samples} * out.sample_rate / core_rate);
  if (out.frame_samples <= 0) return std::nullopt;
  return out;
}

Bytes make_config(int rate, int channels) {
  const auto at = std::ranges::find(kRates, rate);
  const auto layout = static_cast<std::uint32_t>(channels >= 8 ? 7 : std::max(channels, 1));
  if (at != kRates.end()) {
    const auto index = static_cast<std::uint32_t>(at - kRates.begin());
    const auto bits = 2U << 11 | index << 7 | layout << 3;
    return {static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)};
  }
  const auto bits = std::uint64_t{2} << 35 | std::uint64_t{kEscapeRate} << 31 |
                    (static_cast<std::uint64_t>(rate) & 0xFFFFFF) << 7 | std::uint64_t{layout} << 3;
  Bytes out(5);
  for (int i = 0; i < 5; ++i)
    out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(bits >> (32 - 8 * i));
  return out;
}

// raw_data_block (ISO/IEC 14496-3 section 4.4.2.1) of one single channel element, or of one pair, in which no
// scale factor band is coded, and the end element.
ByteView silence(int channels) {
  static constexpr std::uint8_t kMono[] = {0x00, 0x00, 0x00, 0x07};
  static constexpr std::uint8_t kStereo[] = {0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0E};
  if (channels == 1) return kMono;
  if (channels == 2) return kStereo;
  return {};
}

std::optional<AdtsHeader> parse_adts(ByteView bytes) {
  if (bytes.size() < 7 || bytes[0] != 0xFF || (bytes[1] & 0xF6) != 0xF0) return std::nullopt;
  const bool has_sum = (bytes[1] & 1) == 0;
  const auto rate = static_cast<std::size_t>(bytes[2] >> 2 & 0x0F);
  if (rate >= kRates.size()) return std::nullopt;
  AdtsHeader out;
  out.config.object_type = (bytes[2] >> 6) + 1;
  out.config.sample_rate = kRates[rate];
  out.config.channels = channels_of((bytes[2] & 1U) << 2 | bytes[3] >> 6);
  out.config.frame_samples = 1024;
  out.header_size = has_sum ? 9 : 7;
  out.frame_size = static_cast<std::size_t>((bytes[3] & 3U) << 11 | bytes[4] << 3 | bytes[5] >> 5);
  if (out.frame_size <= out.header_size || out.frame_size > bytes.size()) return std::nullopt;
  return out;
}

std::optional<std::array<std::uint8_t, 7>> adts_header(ByteView config, std::size_t frame) {
  constexpr std::size_t kSize = 7;
  constexpr std::size_t kMaxFrame = (1 << 13) - 1;
  Bits in{config};
  int type = object_type(in);
  const auto rate = in.take(4);
  if (rate == kEscapeRate) return std::nullopt;
  const auto channels = in.take(4);
  if (type == kSbr || type == kPs) {
    (void)sample_rate(in);
    type = object_type(in);
  }
  const auto size = static_cast<std::uint32_t>(frame + kSize);
  if (!in.ok() || type < 1 || type > 4 || rate >= kRates.size() || channels == 0 || channels > 7 ||
      frame == 0 || frame + kSize > kMaxFrame)
    return std::nullopt;
  const auto profile = static_cast<std::uint32_t>(type - 1);
  return std::array{std::uint8_t{0xFF},
                    std::uint8_t{0xF1},  // MPEG-4, no sum
                    static_cast<std::uint8_t>(profile << 6 | rate << 2 | channels >> 2),
                    static_cast<std::uint8_t>((channels & 3) << 6 | size >> 11),
                    static_cast<std::uint8_t>(size >> 3),
                    static_cast<std::uint8_t>((size & 7) << 5 | 0x1F),  // the buffer's fullness: any
                    std::uint8_t{0xFC}};
}

}  // namespace camfleet::aac
