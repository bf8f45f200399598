#include "device/hcnetsdk/clock.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/tz/zone.h"

namespace camfleet::device::hcnetsdk {
namespace {

constexpr std::size_t kMostFile = 64 * 1024;

std::optional<std::chrono::local_seconds> local_of(const sdkhost::ClockResult& clock) {
  using namespace std::chrono;
  if (clock.year < 1970 || clock.year > 2200 || clock.hour > 23 || clock.minute > 59 || clock.second > 60)
    return std::nullopt;
  const year_month_day day{year{static_cast<int>(clock.year)}, month{clock.month},
                           std::chrono::day{clock.day}};
  if (clock.month > 12 || clock.day > 31 || !day.ok()) return std::nullopt;
  return local_days{day} + hours{clock.hour} + minutes{clock.minute} + seconds{clock.second};
}

Bytes file_of(std::string_view zone) {
  std::ifstream in{std::filesystem::path{"/usr/share/zoneinfo"} / zone, std::ios::binary};
  Bytes out;
  for (std::istreambuf_iterator<char> at{in}, end; at != end && out.size() < kMostFile; ++at)
    out.push_back(static_cast<std::uint8_t>(*at));
  return out;
}

}  // namespace

std::optional<WallTime> utc_of(const sdkhost::ClockResult& clock, std::string_view zone) {
  const auto local = local_of(clock);
  if (!local || zone.empty()) return std::nullopt;
  if (const auto offset = tz::parse_offset(zone)) return WallTime{local->time_since_epoch() - *offset};
  if (!tz::is_zone_name(zone)) return std::nullopt;
  return tz::utc_of(file_of(zone), *local);
}

}  // namespace camfleet::device::hcnetsdk
