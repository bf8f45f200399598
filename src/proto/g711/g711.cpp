#include "proto/g711/g711.h"

#include <array>
#include <cstdlib>

namespace camfleet::g711 {
namespace {

// Both laws: a sign, a segment of three bits, a step of four. Mu has a bias of 33 (in its 14 bits) and comes
// inverted; A comes with every other bit inverted.
constexpr std::int16_t expand_mu(std::uint8_t code) {
  const auto plain = static_cast<std::uint8_t>(~code);
  const int segment = plain >> 4 & 7;
  const int size = (((plain & 0x0F) << 3) + 0x84) << segment;
  return static_cast<std::int16_t>((plain & 0x80) != 0 ? 0x84 - size : size - 0x84);
}

constexpr std::int16_t expand_a(std::uint8_t code) {
  const auto plain = static_cast<std::uint8_t>(code ^ 0x55);
  const int segment = plain >> 4 & 7;
  int size = ((plain & 0x0F) << 4) + 8;
  if (segment > 0) size = (size + 0x100) << (segment - 1);
  return static_cast<std::int16_t>((plain & 0x80) != 0 ? size : -size);
}

template <class Expand>
constexpr std::array<std::int16_t, 256> table(Expand expand) {
  std::array<std::int16_t, 256> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = expand(static_cast<std::uint8_t>(i));
  return out;
}
constexpr auto kMu = table(expand_mu);
constexpr auto kA = table(expand_a);

}  // namespace

std::int16_t decode(Law law, std::uint8_t code) { return law == Law::mu ? kMu[code] : kA[code]; }

void decode(Law law, ByteView codes, std::vector<std::int16_t>& out) {
  const auto& samples = law == Law::mu ? kMu : kA;
  out.reserve(out.size() + codes.size());
  for (const auto code : codes) out.push_back(samples[code]);
}

std::uint8_t encode(Law law, std::int16_t sample) {
  std::uint8_t best = 0;
  int error = 1 << 17;
  for (int code = 0; code < 256; ++code) {
    const int distance = std::abs(int{decode(law, static_cast<std::uint8_t>(code))} - sample);
    if (distance < error) {
      error = distance;
      best = static_cast<std::uint8_t>(code);
    }
  }
  return best;
}

}  // namespace camfleet::g711
