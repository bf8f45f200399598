#include "cli/text_width.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace camfleet::cli {
namespace {

using Range = std::pair<char32_t, char32_t>;

// Unicode 15, East_Asian_Width W and F, in blocks; emoji that are shown wide among them.
constexpr std::array kWide{
    Range{0x1100, 0x115f},   Range{0x231a, 0x231b},   Range{0x2e80, 0x303e},   Range{0x3041, 0x33ff},
    Range{0x3400, 0x4dbf},   Range{0x4e00, 0x9fff},   Range{0xa000, 0xa4cf},   Range{0xa960, 0xa97f},
    Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},
    Range{0xffe0, 0xffe6},   Range{0x16fe0, 0x18aff}, Range{0x1b000, 0x1b2ff}, Range{0x1f300, 0x1f64f},
    Range{0x1f680, 0x1f6ff}, Range{0x1f900, 0x1faff}, Range{0x20000, 0x3fffd},
};
constexpr std::array kNarrow{
    Range{0x0300, 0x036f}, Range{0x0483, 0x0489}, Range{0x0591, 0x05bd}, Range{0x064b, 0x065f},
    Range{0x0e31, 0x0e31}, Range{0x0e34, 0x0e3a}, Range{0x0e47, 0x0e4e}, Range{0x1ab0, 0x1aff},
    Range{0x1dc0, 0x1dff}, Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f}, Range{0xfe20, 0xfe2f},
};
// Control characters, and those that cannot be seen or that turn the direction of writing.
constexpr std::array kUnfit{
    Range{0x0000, 0x001f}, Range{0x007f, 0x009f}, Range{0x00ad, 0x00ad},   Range{0x061c, 0x061c},
    Range{0x180e, 0x180e}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e},   Range{0x2060, 0x206f},
    Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe0fff},
};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges,
                             [c](const Range& range) { return c >= range.first && c <= range.second; });
}

// The next character of valid UTF-8, taken off the front.
char32_t take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t c = size == 1 ? lead : lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i)
    c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(std::min(size, text.size()));
  return c;
}

std::size_t columns_of(char32_t c) { return within(kNarrow, c) ? 0 : within(kWide, c) ? 2 : 1; }

}  // namespace

std::string for_terminal(std::string_view text) {
  // clean_utf8 has its own answer to NUL; ours shows it.
  std::string out;
  const auto valid = clean_utf8(text);
  std::string_view rest{valid};
  while (!rest.empty()) {
    const auto before = rest;
    const auto c = take(rest);
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (within(kUnfit, c))
      out +=
          c < 0x100 ? fmt::format("\\x{:02x}", std::uint32_t{c}) : fmt::format("\\u{:04x}", std::uint32_t{c});
    else
      out += before.substr(0, before.size() - rest.size());
  }
  return out;
}

std::string json_for_terminal(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  const auto valid = is_utf8(document) ? std::string{document} : clean_utf8(document);
  std::string_view rest{valid};
  while (!rest.empty()) {
    const auto before = rest;
    const auto c = take(rest);
    // Below U+0020 are only the blanks between the tokens.
    if (c >= 0x20 && within(kUnfit, c)) {
      if (c > 0xffff)
        out += fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0 + (std::uint32_t{c} >> 10), 0xdc00 + (c & 0x3ffU));
      else
        out += fmt::format("\\u{:04x}", std::uint32_t{c});
    } else {
      out += before.substr(0, before.size() - rest.size());
    }
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) columns += columns_of(take(text));
  return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string{text};
  if (columns == 0) return {};
  std::size_t used = 0;
  auto rest = text;
  for (;;) {
    auto next = rest;
    const auto wide = columns_of(take(next));
    if (used + wide > columns - 1) break;
    used += wide;
    rest = next;
  }
  return std::string{text.substr(0, text.size() - rest.size())} + "…";
}

}  // namespace camfleet::cli
