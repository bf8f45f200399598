#include "proto/hash/hash.h"

#include <openssl/sha.h>

#include <algorithm>

namespace camfleet::hash {
namespace {

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    auto value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}();

}  // namespace

std::array<std::uint8_t, 16> name128(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) {
    std::array<std::uint8_t, 4> length{};
    store32(length.data(), static_cast<std::uint32_t>(part.size()));
    all.append(as_text(length)).append(part);
  }
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> whole{};
  ::SHA256(as_bytes(all).data(), all.size(), whole.data());
  std::array<std::uint8_t, 16> out{};
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

std::string to_base32(ByteView bytes) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const auto byte : bytes) {
    held = (held << 8 | byte) & 0xFFFFU;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kLetters[(held >> bits) & 31U];
    }
  }
  if (bits > 0) out += kLetters[(held << (5 - bits)) & 31U];
  return out;
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t before) {
  auto crc = ~before;
  for (const auto byte : bytes) crc = kTable[(crc ^ byte) & 0xFFU] ^ (crc >> 8);
  return ~crc;
}

}  // namespace camfleet::hash
