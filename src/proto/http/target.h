#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::http {

// A request target that means one thing to everybody: what authorisation and routing look at.
struct Target {
  std::string path;   // decoded, starts with '/', no empty, "." or ".." segment
  std::string query;  // as it came, without '?'
};

// `host` is the Host field; an absolute-form target must name it. "*" is accepted as it is (OPTIONS).
// http.bad_message where readers could differ: dot segments, "//", '\', ';', control characters, bytes that
// are not UTF-8, a fragment, and the encoded forms %2f %5c %25 %3b %00 of what decoding would turn into such.
Result<Target> parse_target(std::string_view target, std::string_view host);

// nullopt where a '%' is not followed by two digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
// Everything but unreserved characters (RFC 3986) as %XX.
std::string percent_encode(std::string_view text);
// The first value of `name` in "a=1&b=2", decoded; nullopt where there is none, or it cannot be decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace camfleet::http
