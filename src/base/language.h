#pragma once
#include <cstdint>

namespace camfleet {

// The languages that texts for people come in.
enum class Language : std::uint8_t { en, zh };

}  // namespace camfleet
