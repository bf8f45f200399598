#pragma once
#include <string>
#include <string_view>

namespace camfleet::hmac {

// HMAC-SHA256 (RFC 2104, FIPS 180-4) of `text`, as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view key, std::string_view text);

}  // namespace camfleet::hmac
