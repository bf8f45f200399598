#pragma once
#include <cstddef>

namespace camfleet {

// How many codes the catalogue has, Code::ok among them.
inline constexpr std::size_t kCodes = 1
#define CAMFLEET_ERROR(...) +1
#include "base/error_catalogue.inc"
#undef CAMFLEET_ERROR
    ;

}  // namespace camfleet
