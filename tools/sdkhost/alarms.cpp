#include "sdkhost/alarms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "sdkhost/alarm_words.h"

namespace camfleet::sdkhost {
namespace {

// Structures grow from version to version, by a pointer or two: what is longer than that is none of them.
constexpr std::uint32_t kGrowth = 512;
constexpr std::uint32_t kMostChannels = 4096;

// A copy of the structure's beginning, the rest zero; nothing where the buffer is shorter than `least` bytes
// or far too long.
template <class Struct>
std::optional<Struct> copy(const char* info, std::uint32_t size, std::uint32_t least = sizeof(Struct)) {
  if (size < least || size > sizeof(Struct) + kGrowth) return std::nullopt;
  Struct out{};
  std::memcpy(static_cast<void*>(&out), info, std::min<std::size_t>(size, sizeof out));
  return out;
}

template <class Char, std::size_t N>
std::string text_of(const Char (&field)[N]) {
  const auto* text = reinterpret_cast<const char*>(field);
  return {text, ::strnlen(text, N)};
}

bool is_date(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second) {
  return year >= 1970 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 &&
         minute < 60 && second < 61;
}

// "2026-11-29T05:11:46", by the device's own clock; empty for what is no moment.
std::string local_time(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                       unsigned second) {
  if (!is_date(year, month, day, hour, minute, second)) return {};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year, month, day, hour, minute, second);
}
std::string time_of(const abi::TimeEx& at) {
  return local_time(at.year, at.month, at.day, at.hour, at.minute, at.second);
}
std::string time_of(const abi::Time& at) {
  return local_time(at.year, at.month, at.day, at.hour, at.minute, at.second);
}
// Six bits for the year since 2000, then 4, 5, 5, 6 and 6; 0: not said.
std::string packed_time(std::uint32_t at) {
  return at == 0 ? std::string{}
                 : local_time((at >> 26) + 2000, at >> 22 & 15, at >> 17 & 31, at >> 12 & 31, at >> 6 & 63,
                              at & 63);
}
// "yyyymmddhhmmss..." of plates.
template <std::size_t N>
std::string digits_time(const std::uint8_t (&field)[N]) {
  const auto text = text_of(field);
  unsigned part[6] = {};
  constexpr std::size_t kSizes[] = {4, 2, 2, 2, 2, 2};
  std::size_t at = 0;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t n = 0; n < kSizes[i]; ++n, ++at) {
      if (at >= text.size() || text[at] < '0' || text[at] > '9') return {};
      part[i] = part[i] * 10 + static_cast<unsigned>(text[at] - '0');
    }
  return local_time(part[0], part[1], part[2], part[3], part[4], part[5]);
}
// "+08:00" behind a time that has some.
std::string with_offset(std::string time, bool has_offset, signed char hours, signed char minutes) {
  if (time.empty() || !has_offset || hours < -14 || hours > 14 || minutes < -59 || minutes > 59) return time;
  const bool behind = hours < 0 || minutes < 0;
  return time + fmt::format("{}{:02}:{:02}", behind ? '-' : '+', std::abs(hours), std::abs(minutes));
}

class Reader {
 public:
  Reader(const char* info, std::uint32_t size, const AlarmLimits& limits)
      : info_(info), size_(size), limits_(limits) {}

  AlarmReading read(std::int32_t command) {
    if (info_ == nullptr) return refuse("no buffer");
    switch (command) {
      case abi::command_alarm:
        return flags<abi::AlarmInfo>();
      case abi::command_alarm_v30:
        return flags<abi::AlarmInfoV30>();
      case abi::command_alarm_v40:
        return v40();
      case abi::command_rule:
        return rule();
      case abi::command_isapi:
        return isapi();
      case abi::command_vca_text:
        return text();
      case abi::command_face_snap:
        return face();
      case abi::command_access:
        return access();
      case abi::command_intercom_alarm:
        return intercom<abi::IntercomAlarm>("alarm");
      case abi::command_intercom_event:
        return intercom<abi::IntercomEvent>("event");
      case abi::command_plate:
        return plate();
      case abi::command_its_plate:
        return its_plate();
      default:
        return unread(command);
    }
  }

 private:
  static AlarmReading refuse(std::string_view why) { return {{}, why}; }
  static AlarmReading one(Alarm alarm) {
    AlarmReading out;
    out.alarms.push_back(std::move(alarm));
    return out;
  }
  static Alarm begin(AlarmWord word) {
    Alarm alarm;
    alarm.type = word.type;
    alarm.state = word.lasts ? AlarmState::active : AlarmState::pulse;
    return alarm;
  }
  // Channel and time stand in it, and where is not known here.
  static AlarmReading unread(std::int32_t command) {
    auto alarm = begin(word_of_command(command));
    alarm.detail = fmt::format("command {:#06x}", static_cast<std::uint32_t>(command));
    return one(std::move(alarm));
  }

  void add_picture(Alarm& alarm, const void* data, std::uint32_t size, bool as_url = false,
                   std::string_view type = "image/jpeg") {
    if (size == 0 || as_url) return;
    if (data == nullptr || size > limits_.picture || size > limits_.all_pictures - taken_ ||
        alarm.pictures.size() >= limits_.pictures) {
      ++alarm.pictures_left_out;
      return;
    }
    taken_ += size;
    alarm.pictures.push_back({std::string{type}, std::string(static_cast<const char*>(data), size)});
  }

  // One alarm for each channel that is named; for inputs and disks, which have none, one.
  AlarmReading spread(std::uint32_t type, std::uint32_t input, const std::vector<std::uint32_t>& channels,
                      const std::vector<std::uint32_t>& disks, const std::string& time) {
    auto alarm = begin(word_of_alarm(type));
    alarm.time = time;
    if (alarm.type == "hcnetsdk") alarm.detail = fmt::format("alarm type {}", type);
    if (type == 0 || type == 23) {
      alarm.detail =
          fmt::format("input {}", std::uint64_t{input} + 1);  // counted from 0, as public examples do
      return one(std::move(alarm));
    }
    if (!disks.empty()) alarm.detail = fmt::format("disk {}", disks.front());
    AlarmReading out;
    if (channels.empty()) return one(std::move(alarm));
    for (const auto channel : channels) {
      out.alarms.push_back(alarm);
      out.alarms.back().channel = static_cast<std::int32_t>(std::min(channel, 0xFFFFU));
    }
    return out;
  }

  static bool is_disk(std::uint32_t type) { return type == 1 || type == 4 || type == 5; }

  template <class Info>
  AlarmReading flags() {
    const auto told = copy<Info>(info_, size_);
    if (!told) return refuse("size of an alarm");
    const auto numbers = [](const auto& field) {
      std::vector<std::uint32_t> out;
      for (std::uint32_t i = 0; i < std::size(field); ++i)
        if (field[i] == 1) out.push_back(i + 1);
      return out;
    };
    const bool disk = is_disk(told->type);
    return spread(told->type, told->input, disk ? std::vector<std::uint32_t>{} : numbers(told->channels),
                  disk ? numbers(told->disks) : std::vector<std::uint32_t>{}, {});
  }

  AlarmReading v40() {
    constexpr std::uint32_t kOlder = 152, kOld = 168;
    const auto told = copy<abi::AlarmInfoV40>(info_, size_, kOlder);
    if (!told || (size_ != kOlder && size_ < sizeof(abi::AlarmInfoV40))) return refuse("size of an alarm");
    const auto& header = told->header;
    const auto word = [&](std::size_t at) {
      std::uint32_t out = 0;
      std::memcpy(&out, header.of_type + at, sizeof out);
      return out;
    };
    const auto time = with_offset(time_of(header.time), header.has_offset == 1,
                                  static_cast<signed char>(header.offset_hours),
                                  static_cast<signed char>(header.offset_minutes));
    if (header.type == 0 || header.type == 23) return spread(header.type, word(0), {}, {}, time);
    // The pointer is the last member in every version.
    const std::size_t at =
        size_ == kOlder || size_ == kOld ? size_ - sizeof(void*) : offsetof(abi::AlarmInfoV40, data);
    const std::uint32_t* data = nullptr;
    std::memcpy(static_cast<void*>(&data), info_ + at, sizeof data);
    const auto count = word(0);
    if (count > kMostChannels) return refuse("count of channels");
    std::vector<std::uint32_t> numbers;
    if (count > 0 && data != nullptr && (is_disk(header.type) || has_channels(header.type))) {
      numbers.resize(count);
      std::memcpy(numbers.data(), data, count * sizeof *data);
    }
    const bool disk = is_disk(header.type);
    auto out = spread(header.type, 0, disk ? std::vector<std::uint32_t>{} : numbers,
                      disk ? numbers : std::vector<std::uint32_t>{}, time);
    if (has_channels(header.type)) {
      const void* picture = nullptr;
      std::memcpy(static_cast<void*>(&picture), header.of_type + 16, sizeof picture);
      for (auto& alarm : out.alarms) {
        alarm.target = header.of_type[9] == 1 ? "human" : header.of_type[9] == 2 ? "vehicle" : "";
        if (&alarm == &out.alarms.front() && picture != nullptr)
          add_picture(alarm, picture, word(4), header.of_type[8] == 1);
      }
    }
    return out;
  }
  static bool has_channels(std::uint32_t type) {
    constexpr std::uint32_t kThose[] = {2, 3, 6, 9, 10, 11, 13, 15, 16, 19, 28};
    return std::ranges::find(kThose, type) != std::end(kThose);
  }

  static std::int32_t channel_of(const abi::VcaDevice& device, std::uint16_t wide) {
    // The recorder's own number first; then what the camera behind it says.
    return wide != 0 ? wide : device.ivms_channel != 0 ? device.ivms_channel : device.channel;
  }

  AlarmReading rule() {
    constexpr std::uint32_t kOlder = 344;
    const auto told = copy<abi::RuleAlarm>(info_, size_, kOlder);
    if (!told) return refuse("size of a rule's alarm");
    auto alarm = begin(word_of_rule(told->rule.event_type));
    if (alarm.type == "hcnetsdk")
      alarm.detail = fmt::format("rule event {:#x}", told->rule.event_type);
    else if (told->rule.id != 0)
      alarm.detail = fmt::format("region {}", told->rule.id);
    alarm.description = text_of(told->rule.name);
    alarm.time = packed_time(told->time);
    alarm.channel = channel_of(told->device, told->ivms_channel);
    // Older libraries have the picture where the pointer to more stands now.
    const auto* picture = size_ < sizeof(abi::RuleAlarm) ? told->append_info : told->picture;
    add_picture(alarm, picture, told->picture_size, told->picture_as_url == 1);
    return one(std::move(alarm));
  }

  AlarmReading face() {
    const auto told = copy<abi::FaceSnap>(info_, size_);
    if (!told) return refuse("size of a face");
    auto alarm = begin({"facesnap", false});
    alarm.time = with_offset(packed_time(told->time), told->has_offset == 1,
                             static_cast<signed char>(told->offset_hours),
                             static_cast<signed char>(told->offset_minutes));
    alarm.channel = channel_of(told->device, told->ivms_channel);
    add_picture(alarm, told->buffer1, told->face_size, told->picture_as_url == 1);
    add_picture(alarm, told->buffer2, told->background_size, told->picture_as_url == 1);
    return one(std::move(alarm));
  }

  AlarmReading access() {
    constexpr std::uint32_t kOlder = 336;
    const auto told = copy<abi::AccessAlarm>(info_, size_, kOlder);
    if (!told) return refuse("size of an access event");
    auto alarm = begin({"accesscontrollerevent", false});
    const auto& event = told->event;
    alarm.detail = fmt::format("door {}, {}/{}", event.door, told->major, told->minor);
    alarm.time = time_of(told->time);
    if (told->time_is_utc == 1 && !alarm.time.empty()) alarm.time += 'Z';
    alarm.serial = event.serial;
    add_picture(alarm, told->picture, told->picture_size, told->picture_as_url == 1);
    return one(std::move(alarm));
  }

  template <class Info>
  AlarmReading intercom(std::string_view kind) {
    const auto told = copy<Info>(info_, size_);
    if (!told) return refuse("size of an intercom's message");
    auto alarm = begin({"videointercomevent", false});
    alarm.detail = fmt::format("{} {}", kind, told->type);
    alarm.description = text_of(told->device_number);
    alarm.time = time_of(told->time);
    return one(std::move(alarm));
  }

  AlarmReading plate() {
    const auto told = copy<abi::PlateResult>(info_, size_);
    if (!told) return refuse("size of a plate");
    auto alarm = begin({"anpr", false});
    alarm.description = text_of(told->plate.license);
    alarm.detail = told->lane != 0 ? fmt::format("lane {}", told->lane) : std::string{};
    alarm.time = digits_time(told->time);
    alarm.channel = told->channel;
    add_picture(alarm, told->buffer1, told->picture_size);
    add_picture(alarm, told->buffer2, told->plate_picture_size);
    return one(std::move(alarm));
  }

  AlarmReading its_plate() {
    const auto told = copy<abi::ItsPlateResult>(info_, size_);
    if (!told) return refuse("size of a plate");
    if (told->picture_count > std::size(told->pictures)) return refuse("count of pictures");
    auto alarm = begin({"anpr", false});
    alarm.description = text_of(told->plate.license);
    alarm.detail = told->lane != 0 ? fmt::format("lane {}", told->lane) : std::string{};
    const auto& first = told->first_picture_time;
    alarm.time =
        with_offset(local_time(first.year, first.month, first.day, first.hour, first.minute, first.second),
                    first.has_offset == 1, static_cast<signed char>(first.offset_hours),
                    static_cast<signed char>(first.offset_minutes));
    alarm.channel = told->channel | told->channel_high << 8;
    for (std::uint32_t i = 0; i < told->picture_count; ++i)
      add_picture(alarm, told->pictures[i].data, told->pictures[i].size, told->pictures[i].as_url == 1);
    return one(std::move(alarm));
  }

  AlarmReading isapi() {
    const auto told = copy<abi::IsapiAlarm>(info_, size_);
    if (!told) return refuse("size of a document's alarm");
    if (told->text_size > limits_.text) return refuse("size of a document");
    // Some intercoms (KD8003) send such a message with nothing in it.
    if (told->text == nullptr || told->text_size == 0) return {};
    Alarm alarm;
    alarm.document.assign(told->text, ::strnlen(told->text, told->text_size));
    if (alarm.document.empty()) return {};
    if (told->pictures != nullptr)
      for (std::size_t i = 0; i < told->picture_count; ++i) {
        abi::IsapiPicture picture;
        std::memcpy(&picture, static_cast<const char*>(told->pictures) + i * sizeof picture, sizeof picture);
        const std::string_view type = picture.type == 2   ? "image/gif"
                                      : picture.type == 3 ? "image/png"
                                                          : "image/jpeg";
        add_picture(alarm, picture.data, picture.size, false, type);
      }
    return one(std::move(alarm));
  }

  AlarmReading text() {
    if (size_ > limits_.text) return refuse("size of a document");
    Alarm alarm;
    alarm.document.assign(info_, ::strnlen(info_, size_));
    if (alarm.document.empty()) return {};
    return one(std::move(alarm));
  }

  const char* info_;
  std::uint32_t size_;
  const AlarmLimits& limits_;
  std::uint32_t taken_ = 0;  // bytes of pictures
};

}  // namespace

AlarmReading read_alarms(std::int32_t command, const char* info, std::uint32_t size,
                         const AlarmLimits& limits) {
  return Reader{info, size, limits}.read(command);
}

}  // namespace camfleet::sdkhost
