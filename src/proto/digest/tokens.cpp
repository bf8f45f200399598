#include "proto/digest/tokens.h"

#include <algorithm>

namespace camfleet::digest {
namespace {

constexpr bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// RFC 9110 section 5.6.2.
constexpr bool token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

void Tokens::separators() {
  while (!rest_.empty() && (rest_.front() == ',' || blank(rest_.front()))) rest_.remove_prefix(1);
}

std::string_view Tokens::word() const {
  return rest_.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(rest_, token) - rest_.begin()));
}

std::optional<std::string_view> Tokens::scheme() {
  const auto name = word();
  if (name.empty()) return std::nullopt;
  const auto behind = rest_.substr(name.size());
  if (!behind.empty() && behind.front() != ',' && !blank(behind.front())) return std::nullopt;
  if (skip_blanks(behind).starts_with('=')) return std::nullopt;  // "realm = x"
  rest_ = behind;
  separators();
  return name;
}

std::optional<Parameter> Tokens::parameter() {
  const auto name = word();
  if (name.empty()) return std::nullopt;
  auto behind = skip_blanks(rest_.substr(name.size()));
  if (!behind.starts_with('=')) return std::nullopt;
  behind = skip_blanks(behind.substr(1));

  Parameter found{name, {}};
  if (behind.starts_with('"')) {
    behind.remove_prefix(1);
    while (!behind.empty() && behind.front() != '"') {
      if (behind.front() == '\\' && behind.size() > 1) behind.remove_prefix(1);
      found.value += behind.front();
      behind.remove_prefix(1);
    }
    if (!behind.empty()) behind.remove_prefix(1);
  } else {
    // Unquoted base64 keeps its '='.
    const auto size = static_cast<std::size_t>(
        std::ranges::find_if(behind, [](char c) { return c == ',' || blank(c); }) - behind.begin());
    found.value = behind.substr(0, size);
    behind.remove_prefix(size);
  }
  rest_ = behind;
  separators();
  return found;
}

void Tokens::skip() {
  if (!rest_.empty()) rest_.remove_prefix(1);
  separators();
}

std::string quote(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

}  // namespace camfleet::digest
