#pragma once
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace camfleet::g711 {

enum class Law : std::uint8_t { a, mu };

// One sample of ITU-T G.711 as 16 bits, linear.
std::int16_t decode(Law law, std::uint8_t code);
// Appends a sample for each byte.
void decode(Law law, ByteView codes, std::vector<std::int16_t>& out);
// The code nearest to a sample (for tests, and for speaking to a camera).
std::uint8_t encode(Law law, std::int16_t sample);

}  // namespace camfleet::g711
