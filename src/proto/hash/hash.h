#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace camfleet::hash {

// The first 128 bits of SHA-256 over `parts`, each with its length before it: ("ab", "c") is not ("a", "bc").
// For names that must be the same on every machine; no secret is in it.
std::array<std::uint8_t, 16> name128(std::initializer_list<std::string_view> parts);

// RFC 4648 section 6 in lower case, without padding: 16 bytes are 26 letters.
std::string to_base32(ByteView bytes);

// CRC-32C (Castagnoli, RFC 3720 appendix B.4), as files use it to find what a crash or a disk spoiled.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);

}  // namespace camfleet::hash
