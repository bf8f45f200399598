#include "proto/isapi/time.h"

#include <fmt/format.h>

#include "base/text.h"
#include "proto/isapi/root.h"

namespace camfleet::isapi {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Takes digits off the front: at least `least`, at most `most`.
std::optional<int> digits(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t count = 0;
  while (count < most && count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  if (count < least) return std::nullopt;
  const auto value = parse_int<int>(text.substr(0, count));
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "8", "08:00", "0800", "8:00:00".
std::optional<seconds> span(std::string_view& text) {
  const auto hour = digits(text, 1, 2);
  if (!hour) return std::nullopt;
  take(text, ':');
  const auto minute = digits(text, 2, 2).value_or(0);
  const auto second = take(text, ':') ? digits(text, 2, 2).value_or(0) : 0;
  if (*hour > 24 || (*hour == 24 && (minute > 0 || second > 0)) || minute > 59 || second > 59)
    return std::nullopt;
  return hours{*hour} + minutes{minute} + seconds{second};
}

}  // namespace

std::optional<Zone> parse_zone(std::string_view text) {
  text = trim(text);
  const auto name_end = std::min(text.find_first_of("+-0123456789"), text.size());
  Zone zone;
  zone.name = text.substr(0, name_end);
  text.remove_prefix(name_end);
  if (text.empty()) {
    const bool utc = iequals(zone.name, "UTC") || iequals(zone.name, "GMT");
    return utc ? std::optional{zone} : std::nullopt;
  }
  const bool east = take(text, '-');  // POSIX counts westwards
  if (!east) take(text, '+');
  const auto offset = span(text);
  if (!offset) return std::nullopt;
  zone.offset = east ? *offset : -*offset;
  zone.dst = trim(text);
  return zone;
}

std::string format_zone(seconds offset, std::string_view name) {
  const auto size = std::chrono::abs(offset);
  const std::chrono::hh_mm_ss parts{size};
  return fmt::format("{}{}{}:{:02}:{:02}", name, offset.count() < 0 ? '+' : '-', parts.hours().count(),
                     parts.minutes().count(), parts.seconds().count());
}

WallTime DeviceTime::utc(seconds zone) const {
  const auto ahead = offset ? seconds{*offset} : utc_mark ? seconds{} : zone;
  return WallTime{local.time_since_epoch() - ahead};
}

std::optional<DeviceTime> parse_time(std::string_view text) {
  text = trim(text);
  const auto year = digits(text, 4, 4);
  const bool dashed = take(text, '-');
  const auto month = digits(text, dashed ? 1 : 2, 2);
  if (dashed && !take(text, '-')) return std::nullopt;
  const auto day = digits(text, dashed ? 1 : 2, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;

  const auto hour = digits(text, 2, 2);
  take(text, ':');
  const auto minute = digits(text, 2, 2);
  take(text, ':');
  const auto second = digits(text, 2, 2).value_or(0);
  if (!hour || !minute || *hour > 23 || *minute > 59 || second > 60) return std::nullopt;
  int millisecond = 0;
  if (take(text, '.')) {
    const auto fraction = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    if (fraction.empty() || fraction.size() > 9) return std::nullopt;
    millisecond = *parse_int<int>((std::string{fraction} + "00").substr(0, 3));
    text.remove_prefix(fraction.size());
  }

  DeviceTime time;
  time.local = std::chrono::local_days{date} + hours{*hour} + minutes{*minute} + seconds{second} +
               milliseconds{millisecond};
  if (take(text, 'Z') || take(text, 'z')) {
    time.utc_mark = true;
  } else if (text.starts_with('+') || text.starts_with('-')) {
    const bool west = text.front() == '-';
    text.remove_prefix(1);
    const auto offset = span(text);
    if (!offset) return std::nullopt;
    time.offset = std::chrono::duration_cast<minutes>(west ? -*offset : *offset);
  }
  if (!text.empty()) return std::nullopt;
  return time;
}

std::string format_time(WallTime time, minutes offset) {
  const auto local = std::chrono::floor<seconds>(time + offset);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{local - day};
  const auto size = std::chrono::abs(offset).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     offset.count() < 0 ? '-' : '+', size / 60, size % 60);
}

std::optional<WallTime> TimeSettings::utc() const {
  if (!local) return std::nullopt;
  return local->utc(zone ? zone->offset : seconds{});
}

Result<TimeSettings> parse_time_settings(std::string_view body) {
  const auto document = open_document(body, {"Time"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  TimeSettings time;
  time.mode = root.text("timeMode");
  time.local_text = root.text("localTime");
  time.zone_text = root.text("timeZone");
  time.local = parse_time(time.local_text);
  time.zone = parse_zone(time.zone_text);
  return time;
}

}  // namespace camfleet::isapi
