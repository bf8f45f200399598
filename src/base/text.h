#pragma once
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace camfleet {

// ASCII only: protocol text, not names of cameras.
std::string_view trim(std::string_view text);
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view text, std::string_view prefix);
std::string to_lower(std::string_view text);

// Takes what stands before `separator` off the front of `rest`; the whole where there is none.
std::string_view take_until(std::string_view& rest, char separator);

// The whole of `text` as a number in `base`, or nothing: no sign but '-' of a signed type, no blank, no "0x".
template <std::integral T>
std::optional<T> parse_int(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Valid UTF-8: each byte that cannot stand is replaced by U+FFFD, NUL too. For texts of devices on their way
// to people.
std::string clean_utf8(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace camfleet
