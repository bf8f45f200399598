#include "sim/sound.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

namespace camfleet::sim {
namespace {

constexpr std::size_t kG711Packet = 320;
constexpr std::size_t kMostSound = 16 * 1024 * 1024;
// ISO/IEC 14496-3 table 1.18
constexpr std::array<std::uint32_t, 13> kRates{96'000, 88'200, 64'000, 48'000, 44'100, 32'000, 24'000,
                                               22'050, 16'000, 12'000, 11'025, 8'000,  7'350};

Result<Bytes> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  Bytes bytes{std::istreambuf_iterator<char>{file}, {}};
  if (bytes.empty() || bytes.size() > kMostSound)
    return fail(Code::config_invalid, path + " is not there; make it with scripts/make-clips.sh FOLDER");
  return bytes;
}

}  // namespace

Sound Sound::g711(Bytes samples) {
  Sound out;
  out.bytes_ = std::move(samples);
  for (std::size_t at = 0; at + kG711Packet <= out.bytes_.size(); at += kG711Packet)
    out.packets_.push_back({static_cast<std::uint32_t>(at), kG711Packet});
  return out;
}

Result<Sound> Sound::aac(ByteView adts) {
  Sound out;
  out.ticks_per_packet_ = 1024;
  while (!adts.empty()) {
    // ISO/IEC 13818-7 section 6.2: 7 bytes, without a check sum.
    if (adts.size() < 7 || adts[0] != 0xff || (adts[1] & 0xf7) != 0xf1)
      return fail(Code::media_bad_data, "no ADTS frame");
    const unsigned object = (adts[2] >> 6) + 1U;
    const unsigned rate = adts[2] >> 2 & 15U;
    const unsigned channels = (adts[2] & 1U) << 2 | adts[3] >> 6;
    const std::size_t size = (adts[3] & 3U) << 11 | adts[4] << 3 | adts[5] >> 5;
    if (rate >= kRates.size() || channels != 1 || size <= 7 || size > adts.size())
      return fail(Code::media_bad_data, "an ADTS frame that is cut or of more channels than one");
    out.clock_rate_ = kRates[rate];
    out.config_ = {static_cast<std::uint8_t>(object << 3 | rate >> 1),
                   static_cast<std::uint8_t>((rate & 1) << 7 | channels << 3)};
    const auto unit = adts.subspan(7, size - 7);
    out.packets_.push_back(
        {static_cast<std::uint32_t>(out.bytes_.size()), static_cast<std::uint32_t>(4 + unit.size())});
    const auto length = static_cast<std::uint16_t>(unit.size() << 3);
    out.bytes_.insert(out.bytes_.end(),
                      {0, 16, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)});
    out.bytes_.insert(out.bytes_.end(), unit.begin(), unit.end());
    adts = adts.subspan(size);
  }
  return out;
}

const Sound* Sounds::of(Audio audio) const {
  const Sound* sound = audio == Audio::pcmu   ? &pcmu
                       : audio == Audio::pcma ? &pcma
                       : audio == Audio::aac  ? &aac
                                              : nullptr;
  return sound != nullptr && sound->packets() > 0 ? sound : nullptr;
}

Result<Sounds> Sounds::load(const std::string& folder) {
  auto mu = read_file(folder + "/sound.ulaw");
  if (!mu) return fail(mu.error());
  auto a = read_file(folder + "/sound.alaw");
  if (!a) return fail(a.error());
  const auto adts = read_file(folder + "/sound.aac");
  if (!adts) return fail(adts.error());
  auto aac = Sound::aac(*adts);
  if (!aac) return fail(aac.error());
  return Sounds{Sound::g711(std::move(*mu)), Sound::g711(std::move(*a)), std::move(*aac)};
}

std::uint8_t payload_type_of(Audio audio) {
  return audio == Audio::pcmu ? 0 : audio == Audio::pcma ? 8 : 104;
}

std::string_view isapi_name_of(Audio audio) {
  switch (audio) {
    case Audio::pcmu:
      return "G.711ulaw";
    case Audio::pcma:
      return "G.711alaw";
    case Audio::aac:
      return "AAC";
    case Audio::none:
      break;
  }
  return {};
}

}  // namespace camfleet::sim
