#include "proto/http/retry_after.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace camfleet::http {
namespace {

constexpr int kDay = 86'400;

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<unsigned> month_of(std::string_view text) {
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < names.size(); ++i)
    if (iequals(text, names[i])) return i + 1;
  return std::nullopt;
}

// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
std::optional<WallTime> http_date(std::string_view text) {
  if (text.size() > 40) return std::nullopt;
  std::string words{text};
  std::ranges::replace_if(
      words, [](char c) { return c == ',' || c == '-'; }, ' ');
  std::optional<int> day, year, hour, minute, second;
  std::optional<unsigned> month;
  std::string_view rest = words;
  while (!rest.empty()) {
    const auto word = trim(take_until(rest, ' '));
    if (word.empty()) continue;
    if (const auto known = month_of(word)) {
      month = known;
    } else if (word.find(':') != word.npos) {
      auto time = word;
      hour = parse_int<int>(take_until(time, ':'));
      minute = parse_int<int>(take_until(time, ':'));
      second = parse_int<int>(time);
    } else if (all_digits(word) && word.size() <= 4) {
      const auto number = parse_int<int>(word);
      if (!day)
        day = number;
      else
        year = word.size() == 2 && number ? *number + (*number < 70 ? 2000 : 1900) : number;
    }
  }
  if (!day || !month || !year || !hour || !minute || !second) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60 || *hour < 0 || *minute < 0 || *second < 0)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

}  // namespace

std::optional<int> retry_after(std::string_view value, WallTime now) {
  value = trim(value);
  if (all_digits(value)) {
    while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
    if (value.size() > 6) return kDay;
    return std::min(parse_int<int>(value).value_or(kDay), kDay);
  }
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::seconds>(*date - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kDay));
}

}  // namespace camfleet::http
