#include "proto/xml/prescan.h"

#include <algorithm>

#include "proto/xml/document.h"

namespace camfleet::xml {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// "&lt;" and the like at the front.
bool is_entity(std::string_view text) {
  const auto name = text.substr(1, text.substr(0, 12).find(';') - 1);
  if (name.starts_with('#')) return name.size() > 1;
  return name == "lt" || name == "gt" || name == "amp" || name == "quot" || name == "apos";
}

// The end of the tag at the front of `text`, behind its '>': quotes may hold one. Counts its attributes.
std::size_t tag_end(std::string_view text, int& attributes) {
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
      ++attributes;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return kNone;
}

// The end of a comment, CDATA section or processing instruction at the front, 0 where there is none of them.
std::size_t section_end(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kSections[] = {
      {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
  for (const auto& [open, close] : kSections) {
    if (!text.starts_with(open)) continue;
    const auto end = text.find(close, open.size());
    return end == kNone ? kNone : end + close.size();
  }
  return 0;
}

}  // namespace

Result<Scan> prescan(std::string_view text) {
  if (text.size() > kMaxSize) return fail(Code::xml_too_large, "size");
  Scan scan;
  bool tags = false;
  int depth = 0;
  for (auto at = text.find_first_of("<&"); at != kNone; at = text.find_first_of("<&", at)) {
    const auto rest = text.substr(at);
    if (rest.front() == '&') {
      scan.stray_ampersand |= !is_entity(rest);
      ++at;
      continue;
    }
    const auto next = rest.size() > 1 ? rest[1] : ' ';
    const bool tag = next == '/' || next == '!' || next == '?' || begins_name(next);
    if (!tag) {
      scan.stray_less |= tags;
      ++at;
      continue;
    }
    if (!tags) scan.root = at;
    tags = true;
    if (const auto end = section_end(rest); end != 0) {
      if (end == kNone) return fail(Code::xml_invalid, "open section");
      at += end;
      continue;
    }
    if (next == '!') return fail(Code::xml_dtd_refused);
    int attributes = 0;
    const auto end = tag_end(rest, attributes);
    if (end == kNone) return fail(Code::xml_invalid, "open tag");
    if (attributes > kMaxAttributes) return fail(Code::xml_too_large, "attributes");
    if (next == '/') {
      depth = std::max(depth - 1, 0);
    } else if (rest[end - 2] != '/' && ++depth > kMaxDepth) {
      return fail(Code::xml_too_large, "depth");
    }
    at += end;
  }
  if (!tags) return fail(Code::xml_invalid, "no tag");
  return scan;
}

std::string mend(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  while (!text.empty()) {
    const auto at = std::min(text.find('<'), text.size());
    out.append(text.substr(0, at));
    text.remove_prefix(at);
    if (text.empty()) break;
    std::size_t end = section_end(text);
    if (end == kNone) end = text.size();
    if (end == 0) {
      const auto next = text.size() > 1 ? text[1] : ' ';
      const auto close = text.find_first_of("<>", 1);
      const bool tag = (next == '/' || begins_name(next)) && close != kNone && text[close] == '>';
      if (!tag) {
        out.append("&lt;");
        text.remove_prefix(1);
        continue;
      }
      end = close + 1;
    }
    out.append(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

}  // namespace camfleet::xml
