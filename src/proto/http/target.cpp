#include "proto/http/target.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::http {
namespace {

std::unexpected<Error> bad(std::string_view rule) {
  return fail(Code::http_bad_message, "request target: " + std::string{rule});
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool forbidden(char c) {
  return c == '\\' || c == ';' || static_cast<unsigned char>(c) < 0x20 ||
         static_cast<unsigned char>(c) == 0x7f;
}

Result<std::string> normalise_path(std::string_view raw) {
  if (!raw.starts_with('/')) return bad("it does not start with '/'");
  if (std::any_of(raw.begin(), raw.end(), forbidden)) return bad("a character that is not allowed");
  auto path = percent_decode(raw);
  if (!path) return bad("a '%' without two digits");
  // What decoding made must not be read as syntax by the next one.
  const auto encoded = std::count(raw.begin(), raw.end(), '/') != std::count(path->begin(), path->end(), '/');
  if (encoded || path->find('%') != path->npos || std::any_of(path->begin(), path->end(), forbidden))
    return bad("an encoded separator");
  if (!is_utf8(*path)) return bad("not UTF-8");
  std::string_view rest = std::string_view{*path}.substr(1);
  while (!rest.empty()) {
    const auto segment = take_until(rest, '/');
    if (segment.empty()) return bad("an empty segment");
    if (segment == "." || segment == "..") return bad("a dot segment");
  }
  return std::move(*path);
}

}  // namespace

Result<Target> parse_target(std::string_view target, std::string_view host) {
  if (target == "*") return Target{"*", {}};
  if (target.find('#') != target.npos) return bad("a fragment");
  if (istarts_with(target, "http://") || istarts_with(target, "https://")) {
    auto rest = target.substr(target.find("//") + 2);
    const auto end = std::min(rest.find('/'), rest.size());
    if (host.empty() || !iequals(rest.substr(0, end), host)) return bad("another host");
    target = rest.substr(end);
    if (target.empty()) target = "/";
  }
  const auto mark = target.find('?');
  auto path = normalise_path(target.substr(0, mark));
  if (!path) return fail(path.error());
  const auto query = mark == target.npos ? std::string_view{} : target.substr(mark + 1);
  if (std::any_of(query.begin(), query.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20; }))
    return bad("a control character");
  return Target{std::move(*path), std::string{query}};
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto value = take_until(query, '&');
    const auto key = percent_decode(take_until(value, '='), true);
    if (key == name) return percent_decode(value, true);
  }
  return std::nullopt;
}

}  // namespace camfleet::http
