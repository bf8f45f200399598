#include "api/json_text.h"

#include <array>

#include "base/text.h"

namespace camfleet::api {
namespace {

constexpr bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void escape(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
  }
}

void digits(std::string& out, unsigned value, int width) {
  std::array<char, 4> text{};
  for (int i = width; i-- > 0; value /= 10)
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  out.append(text.data(), static_cast<std::size_t>(width));
}

}  // namespace

void JsonText::text(std::string_view raw) {
  separate();
  out_ += '"';
  std::string clean;
  // Nearly all is ASCII, which needs no second look.
  for (const char c : raw)
    if (static_cast<unsigned char>(c) >= 0x80 || c == 0) {
      clean = clean_utf8(raw);
      raw = clean;
      break;
    }
  while (!raw.empty()) {
    std::size_t run = 0;
    while (run < raw.size() && (plain(raw[run]) || static_cast<unsigned char>(raw[run]) >= 0x80)) ++run;
    out_ += raw.substr(0, run);
    raw.remove_prefix(run);
    if (raw.empty()) break;
    escape(out_, raw.front());
    raw.remove_prefix(1);
  }
  out_ += '"';
}

void JsonText::hundredths(unsigned value) {
  number(value / 100);
  const auto part = value % 100;
  if (part == 0) return;
  out_ += '.';
  digits(out_, part % 10 == 0 ? part / 10 : part, part % 10 == 0 ? 1 : 2);
}

// As to_rfc3339() has it: a device has up to thirty-five times, and fmt takes longer for them than for all
// else.
void JsonText::time(WallTime value) {
  using namespace std::chrono;
  const auto day = floor<days>(value);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<milliseconds>(value - day)};
  const auto year = static_cast<int>(date.year());
  if (year < 0 || year > 9999) return word(to_rfc3339(value));
  separate();
  out_ += '"';
  digits(out_, static_cast<unsigned>(year), 4);
  out_ += '-';
  digits(out_, static_cast<unsigned>(date.month()), 2);
  out_ += '-';
  digits(out_, static_cast<unsigned>(date.day()), 2);
  out_ += 'T';
  digits(out_, static_cast<unsigned>(clock.hours().count()), 2);
  out_ += ':';
  digits(out_, static_cast<unsigned>(clock.minutes().count()), 2);
  out_ += ':';
  digits(out_, static_cast<unsigned>(clock.seconds().count()), 2);
  out_ += '.';
  digits(out_, static_cast<unsigned>(clock.subseconds().count()), 3);
  out_ += "Z\"";
}

void JsonText::texts(const std::vector<std::string>& list) {
  begin_array();
  for (const auto& one : list) text(one);
  end_array();
}

}  // namespace camfleet::api
