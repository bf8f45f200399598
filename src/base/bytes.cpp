#include "base/bytes.h"

#include <array>

namespace camfleet {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> inverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto kFromStandard = inverse(kStandard);
constexpr auto kFromUrl = inverse(kUrl);

std::string encode(ByteView bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const auto byte : bytes) {
    bits = (bits << 8 | byte) & 0xFFFFFF;
    for (held += 8; held >= 6; held -= 6) out.push_back(alphabet[bits >> (held - 6) & 0x3F]);
  }
  if (held > 0) out.push_back(alphabet[bits << (6 - held) & 0x3F]);
  return out;
}

bool decode(std::string_view text, const std::array<std::int8_t, 256>& table, Bytes& out) {
  out.clear();
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    const auto value = table[static_cast<std::uint8_t>(c)];
    if (value < 0) return false;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return true;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
  return out;
}

std::string to_base64(ByteView bytes) {
  auto out = encode(bytes, kStandard);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}
bool from_base64(std::string_view text, Bytes& out) { return decode(text, kFromStandard, out); }
std::string to_base64url(ByteView bytes) { return encode(bytes, kUrl); }
bool from_base64url(std::string_view text, Bytes& out) { return decode(text, kFromUrl, out); }

}  // namespace camfleet
