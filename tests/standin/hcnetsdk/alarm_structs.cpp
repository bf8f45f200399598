#include "alarm_structs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "faults.h"

namespace camfleet::standin {
namespace {

struct Word {
  std::string_view kind;
  std::uint32_t number;
};
constexpr std::array kBasic = std::to_array<Word>({{"io", 0},
                                                   {"diskfull", 1},
                                                   {"videoloss", 2},
                                                   {"vmd", 3},
                                                   {"diskunformat", 4},
                                                   {"diskerror", 5},
                                                   {"tamperdetection", 6},
                                                   {"illaccess", 8}});
constexpr std::array kRules = std::to_array<Word>({{"linedetection", 0x1},
                                                   {"regionentrance", 0x2},
                                                   {"regionexiting", 0x4},
                                                   {"fielddetection", 0x8},
                                                   {"loitering", 0x10},
                                                   {"parking", 0x40}});

std::optional<std::uint32_t> find(std::span<const Word> words, std::string_view kind) {
  const auto found = std::ranges::find(words, kind, &Word::kind);
  return found == words.end() ? std::nullopt : std::optional{found->number};
}

struct LocalTime {
  std::chrono::year_month_day day;
  std::chrono::hh_mm_ss<std::chrono::seconds> of_day;
};
LocalTime local_time(const isapi::Alert& alert) {
  const auto local = alert.time ? std::chrono::floor<std::chrono::seconds>(alert.time->local)
                                : std::chrono::local_seconds{std::chrono::seconds{946'684'800}};
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss{local - day}};
}

abi::TimeEx time_ex(const LocalTime& at) {
  return {.year = static_cast<std::uint16_t>(int{at.day.year()}),
          .month = static_cast<std::uint8_t>(unsigned{at.day.month()}),
          .day = static_cast<std::uint8_t>(unsigned{at.day.day()}),
          .hour = static_cast<std::uint8_t>(at.of_day.hours().count()),
          .minute = static_cast<std::uint8_t>(at.of_day.minutes().count()),
          .second = static_cast<std::uint8_t>(at.of_day.seconds().count()),
          .reserved = 0};
}

// Six bits for the year since 2000, then 4, 5, 5, 6 and 6.
std::uint32_t packed(const LocalTime& at) {
  const auto year = static_cast<std::uint32_t>(std::clamp(int{at.day.year()} - 2000, 0, 63));
  return year << 26 | unsigned{at.day.month()} << 22 | unsigned{at.day.day()} << 17 |
         static_cast<std::uint32_t>(at.of_day.hours().count()) << 12 |
         static_cast<std::uint32_t>(at.of_day.minutes().count()) << 6 |
         static_cast<std::uint32_t>(at.of_day.seconds().count());
}

// The structure as a callback gets it, with what is wished to be wrong with it.
void pass(std::int32_t command, void* info, std::size_t size, std::string_view wrong, const Hand& hand) {
  auto length = static_cast<std::uint32_t>(size);
  std::vector<char> copy(static_cast<const char*>(info), static_cast<const char*>(info) + size);
  if (wrong == "truncated") {
    // Exactly so long, that reading further is seen by a sanitizer.
    copy.resize(size / 2);
    length /= 2;
  } else if (wrong == "oversized") {
    copy.resize(size + 4096);
    length += 4096;
  } else if (wrong == "empty") {
    length = 0;
  } else if (wrong == "null") {
    hand(command, nullptr, length);
    return;
  }
  copy.shrink_to_fit();
  hand(command, copy.data(), length);
}

void pass_text(const Report& report, std::string_view wrong, const Hand& hand) {
  std::string text = report.text;
  std::vector<abi::IsapiPicture> pictures(report.pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    auto& picture = pictures[i];
    picture.size = static_cast<std::uint32_t>(report.pictures[i].size());
    picture.type = 1;
    std::snprintf(picture.filename, sizeof picture.filename, "picture%zu.jpg", i);
    picture.data = reinterpret_cast<std::uint8_t*>(const_cast<char*>(report.pictures[i].data()));
  }
  if (wrong == "wild_pictures") {
    // Sizes that cannot be, with data and without; what is good of them comes through.
    pictures.resize(pictures.size() + 3);
    auto* lie = &pictures[pictures.size() - 3];
    lie[0].size = 0xFFFFFFF0;
    lie[0].data = reinterpret_cast<std::uint8_t*>(text.data());
    lie[1].size = 1000;
    lie[2].type = 0xFF;
    lie[2].data = reinterpret_cast<std::uint8_t*>(text.data());
  }
  abi::IsapiAlarm info{};
  info.text = text.data();
  info.text_size = static_cast<std::uint32_t>(text.size());
  info.data_type = text.starts_with('{') ? 2 : 1;
  info.picture_count = static_cast<std::uint8_t>(std::min<std::size_t>(pictures.size(), 255));
  info.pictures = pictures.empty() ? nullptr : pictures.data();
  if (wrong == "wild") {
    info.text_size = 0xF0000000;
    info.picture_count = 255;
  } else if (wrong == "empty") {
    info.text_size = 0;  // as the KD8003 does it
  }
  pass(abi::command_isapi, &info, sizeof info, wrong, hand);
}

void pass_v30(std::uint32_t type, const Report& report, std::int32_t channel, std::string_view wrong,
              const Hand& hand) {
  abi::AlarmInfoV30 info{};
  info.type = type;
  if (type == 0)
    info.input = static_cast<std::uint32_t>(std::max(1, std::atoi(report.alert.io_port.c_str())) - 1);
  if (type == 1 || type == 4 || type == 5) info.disks[0] = 1;
  if (channel > 0 && channel <= 64) info.channels[channel - 1] = 1;
  if (wrong == "wild") {
    // It has no lengths, but numbers of which none can be.
    info.type = 0xFFFFFFFF;
    info.input = 0xFFFFFFFF;
    std::ranges::fill(info.channels, std::uint8_t{1});
  }
  pass(abi::command_alarm_v30, &info, sizeof info, wrong, hand);
}

void pass_v40(std::uint32_t type, const Report& report, std::int32_t channel, std::string_view wrong,
              const Hand& hand) {
  abi::AlarmInfoV40 info{};
  info.header.type = type;
  info.header.time = time_ex(local_time(report.alert));
  std::uint32_t number = static_cast<std::uint32_t>(channel);
  std::uint32_t count = 1;
  if (type == 0) {
    number = 0;
    count = 0;
    const auto input = static_cast<std::uint32_t>(std::max(1, std::atoi(report.alert.io_port.c_str())) - 1);
    std::memcpy(info.header.of_type, &input, sizeof input);
  } else {
    if (type == 1 || type == 4 || type == 5) number = 1;
    if (wrong == "wild") count = 0x40000000;
    std::memcpy(info.header.of_type, &count, sizeof count);
  }
  info.data = count > 0 ? &number : nullptr;
  pass(abi::command_alarm_v40, &info, sizeof info, wrong, hand);
}

void pass_rule(std::uint32_t event, const Report& report, std::int32_t channel, std::string_view wrong,
               const Hand& hand) {
  abi::RuleAlarm info{};
  info.size = sizeof info;
  info.time = packed(local_time(report.alert));
  info.rule.event_type = event;
  info.rule.event_type_ex = static_cast<std::uint16_t>(event);
  if (!report.alert.regions.empty())
    info.rule.id = static_cast<std::uint8_t>(report.alert.regions.front().id);
  info.device.channel = static_cast<std::uint8_t>(channel);
  info.device.ivms_channel = static_cast<std::uint8_t>(channel);
  std::string picture = report.pictures.empty() ? std::string{} : report.pictures.front();
  info.picture_size = static_cast<std::uint32_t>(picture.size());
  info.picture = picture.empty() ? nullptr : reinterpret_cast<std::uint8_t*>(picture.data());
  if (wrong == "wild") info.picture_size = 0x7FFFFFFF;
  pass(abi::command_rule, &info, sizeof info, wrong, hand);
}

// As large as is wished for; what a picture is known by, and noise between.
std::string make_picture(std::size_t size) {
  std::string out(std::max<std::size_t>(size, 8), 'x');
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(i * 131 + i / 251);
  out.replace(0, 4, "\xFF\xD8\xFF\xE0");
  out.replace(out.size() - 2, 2, "\xFF\xD9");
  return out;
}

}  // namespace

void hand_out(const Report& told, const Device& device, bool want_v40, const Hand& hand) {
  if (told.alert.heartbeat) return;
  const auto wished = faults();
  const bool mine = wished.concerns(device.where().address);
  const auto wrong = mine ? wished.alarms : std::string{};
  auto report = told;
  for (unsigned i = 0; mine && i < wished.pictures; ++i)
    report.pictures.push_back(make_picture(wished.picture_bytes));
  const auto basic = find(kBasic, report.alert.kind);
  const auto rule = find(kRules, report.alert.kind);
  if (device.speaks_isapi() || (!basic && !rule)) {
    pass_text(report, wrong, hand);
    return;
  }
  if (report.alert.state == isapi::AlertState::inactive) return;
  auto channel = report.alert.channel > 0 ? device.library_channel(report.alert.channel) : 0;
  if (wished.alarm_channel >= 0) channel = wished.alarm_channel;
  if (rule)
    pass_rule(*rule, report, channel, wrong, hand);
  else if (want_v40 && !wished.v30)
    pass_v40(*basic, report, channel, wrong, hand);
  else
    pass_v30(*basic, report, channel, wrong, hand);
}

}  // namespace camfleet::standin
