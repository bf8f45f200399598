#include "sim/population.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

#include "base/bytes.h"
#include "base/random.h"
#include "base/text.h"

namespace camfleet::sim {
namespace {

struct Model {
  std::string_view name, firmware, date, encoder;
  std::string_view region;  // between the production date and the number of a serial
  bool dome = false;
};

// Names, firmware and their dates as such devices report them.
constexpr std::array kCameras{
    Model{"DS-2CD2146G2-ISU", "V5.7.17", "build 240606", "V7.3", "AAWRG"},
    Model{"DS-2CD2346G2-ISU/SL", "V5.7.18", "build 240826", "V7.3", "AAWRJ"},
    Model{"DS-2CD2386G2-IU", "V5.7.15", "build 240201", "V7.3", "AAWRJ"},
    Model{"DS-2CD2T46G2-ISU/SL", "V5.7.18", "build 240826", "V7.3", "AAWRG"},
    Model{"DS-2CD2T86G2-ISU/SL", "V5.7.18", "build 240826", "V7.3", "AAWRAE"},
    Model{"DS-2CD2185FWD-I", "V5.6.5", "build 200316", "V7.3", "AAWRE"},
    Model{"DS-2CD2532F-IWS", "V5.2.0", "build 140721", "V5.0", "CCCH"},
    Model{"DS-2DE4A425IW-DE", "V5.5.71", "build 180725", "V7.3", "AAWRC", true},
};
constexpr std::array kRecorders{
    Model{"DS-7616NI-K2", "V4.74.210", "build 240108", "V5.0", "CCRRG"},
    Model{"DS-7732NI-M4", "V5.03.020", "build 240904", "V5.0", "CCRRL"},
    Model{"DS-7608NXI-I2/8P/S", "V4.62.210", "build 230619", "V5.0", "CCRRJ"},
};
constexpr std::array<std::string_view, 12> kPlaces{"Gate",  "Warehouse",     "Loading dock",   "Car park",
                                                   "Lobby", "Stairs, north", "Stairs, south",  "Server room",
                                                   "东门",  "仓库",          "Fence \"West\"", "Roof & mast"};

// A hash of what is asked for and of whom, so that a new property does not shift the others.
Rng dice(std::uint64_t seed, std::uint32_t index, std::uint64_t what) {
  Rng mix{seed ^ 0x9e3779b97f4a7c15U * (what + 1)};
  return Rng{mix() ^ index};
}

// Half of the fleet asks for MD5, a quarter for SHA-256, a quarter for either. The first device is one that
// every client can speak to.
Algorithms algorithms_of(const PopulationOptions& options, std::uint32_t index) {
  switch (options.algorithms) {
    case AlgorithmChoice::md5:
      return Algorithms::md5;
    case AlgorithmChoice::sha256:
      return Algorithms::sha256;
    case AlgorithmChoice::both:
      return Algorithms::both;
    case AlgorithmChoice::mixed:
      break;
  }
  if (index == 0) return Algorithms::md5;
  const auto roll = dice(options.seed, index, 1).below(4);
  return roll < 2 ? Algorithms::md5 : roll == 2 ? Algorithms::sha256 : Algorithms::both;
}

Audio audio_of(const PopulationOptions& options, std::uint32_t index) {
  if (options.audio == AudioChoice::mixed) return static_cast<Audio>(index % 4);
  return static_cast<Audio>(options.audio);
}

}  // namespace

std::string password_of(std::uint64_t seed, std::uint32_t index) {
  const auto text = fmt::format("camfleet-sim/{}/{}/password", seed, index);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
  EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha256(), nullptr);
  return "Cam" + to_hex(ByteView{hash}.first(6));
}

Identity identity_of(const PopulationOptions& options, std::uint32_t index) {
  Identity out;
  auto rng = dice(options.seed, index, 0);
  out.index = index;
  out.nvr = options.nvr_every != 0 && index % options.nvr_every == options.nvr_every / 3;
  const Model& model =
      out.nvr ? kRecorders[rng.below(kRecorders.size())] : kCameras[rng.below(kCameras.size())];
  out.dome = model.dome;
  out.h265 = options.h265_every != 0 && index % options.h265_every == options.h265_every - 1;
  out.audio = audio_of(options, index);
  out.channels = out.nvr ? options.nvr_channels : std::uint16_t{1};
  out.model = model.name;
  out.firmware = model.firmware;
  out.firmware_date = model.date;
  out.encoder = model.encoder;
  out.id = fmt::format("sim-{:04}", index + 1);
  out.site = fmt::format("site-{}", index / 50 + 1);
  out.name = fmt::format("{} {}", kPlaces[rng.below(kPlaces.size())], index + 1);
  const auto year = 2016 + rng.below(9);
  const auto date = fmt::format("{}{:02}{:02}", year, 1 + rng.below(12), 1 + rng.below(28));
  // Unlike real ones, whose digits repeat over factories, the number holds the index and is therefore unique.
  out.serial = fmt::format("{}{}{}{}{:09}{}", model.name, out.nvr ? "16" : "", date, model.region,
                           options.seed % 1000 * 1'000'000 + index, out.nvr ? "WCVU" : "");
  out.mac = fmt::format("44:19:b6:{:02x}:{:02x}:{:02x}", index >> 16 & 0xff, index >> 8 & 0xff, index & 0xff);
  out.password = options.password.empty() ? password_of(options.seed, index) : options.password;
  out.algorithms = algorithms_of(options, index);
  auto realm = dice(options.seed, index, 2);
  out.realm =
      out.nvr ? fmt::format("{:024x}", realm()) : fmt::format("IP Camera({:05})", realm.below(100'000));
  return out;
}

std::uint32_t AddressPlan::address_of(std::uint32_t index) const {
  const std::uint32_t last = (first_ & 0xff) - 1 + index;
  return (first_ & ~0xffU) + last / 254 * 256 + last % 254 + 1;
}

std::int64_t AddressPlan::index_of(std::uint32_t address) const {
  const std::uint32_t last = address & 0xff;
  if (last == 0 || last == 255 || address < first_) return -1;
  const std::int64_t index = std::int64_t{(address >> 8) - (first_ >> 8)} * 254 + last - (first_ & 0xff);
  return index < std::int64_t{devices_} ? index : -1;
}

bool AddressPlan::valid() const {
  const std::uint32_t last = first_ & 0xff;
  if (first_ >> 24 != 127 || last == 0 || last == 255) return false;
  return devices_ == 0 || (devices_ <= 254U * 65536U && address_of(devices_ - 1) >> 24 == 127);
}

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff, address & 0xff);
}

bool parse_dotted(std::string_view text, std::uint32_t& out) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    if (i == 3 && text.find('.') != std::string_view::npos) return false;
    const auto octet = parse_int<std::uint8_t>(take_until(text, '.'));
    if (!octet) return false;
    value = value << 8 | *octet;
  }
  out = value;
  return true;
}

}  // namespace camfleet::sim
