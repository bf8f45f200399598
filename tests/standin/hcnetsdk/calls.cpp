#include "calls.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/text.h"
#include "faults.h"
#include "proto/isapi/channels.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/request.h"
#include "proto/isapi/time.h"

namespace camfleet::standin {
namespace {

std::uint32_t number_of(const IsapiAnswer& answer) {
  if (answer.error != 0) return answer.error;
  if (answer.good()) return abi::error_none;
  return answer.status == 503 ? abi::error_busy : abi::error_failed;
}

// What most calls begin with.
struct Target {
  std::shared_ptr<Device> device;
  int channel = 0;
};
std::uint32_t find(Library& library, abi::Handle user_id, std::int32_t channel, Target& out) {
  out.device = library.device(user_id);
  if (!out.device) return abi::error_invalid_user;
  out.channel = out.device->own_channel(channel);
  return out.channel != 0 ? abi::error_none : abi::error_channel;
}

struct Way {
  int pan = 0, tilt = 0, zoom = 0;
};
bool way_of(std::uint32_t command, Way& out) {
  switch (command) {
    case abi::ptz_zoom_in:
      out.zoom = 1;
      return true;
    case abi::ptz_zoom_out:
      out.zoom = -1;
      return true;
    case abi::ptz_up:
      out.tilt = 1;
      return true;
    case abi::ptz_down:
      out.tilt = -1;
      return true;
    case abi::ptz_left:
      out.pan = -1;
      return true;
    case abi::ptz_right:
      out.pan = 1;
      return true;
    case abi::ptz_up_left:
      out = {-1, 1, 0};
      return true;
    case abi::ptz_up_right:
      out = {1, 1, 0};
      return true;
    case abi::ptz_down_left:
      out = {-1, -1, 0};
      return true;
    case abi::ptz_down_right:
      out = {1, -1, 0};
      return true;
    default:
      return false;
  }
}

std::uint32_t get_time(Device& device, void* out, std::uint32_t capacity, std::uint32_t& written) {
  if (capacity < sizeof(abi::Time)) return abi::error_small_buffer;
  const auto answer = device.ask("GET", isapi::path::kTime);
  if (const auto error = number_of(answer); error != 0) return error;
  const auto said = isapi::parse_time_settings(answer.body);
  if (!said || !said->local) return abi::error_bad_data;
  const auto local = std::chrono::floor<std::chrono::seconds>(said->local->local);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{local - day};
  const abi::Time time{static_cast<std::uint32_t>(int{date.year()}),
                       unsigned{date.month()},
                       unsigned{date.day()},
                       static_cast<std::uint32_t>(clock.hours().count()),
                       static_cast<std::uint32_t>(clock.minutes().count()),
                       static_cast<std::uint32_t>(clock.seconds().count())};
  std::memcpy(out, &time, sizeof time);
  written = sizeof time;
  return abi::error_none;
}

std::uint32_t get_ip_channels(Device& device, std::int32_t group, void* out, std::uint32_t capacity,
                              std::uint32_t& written) {
  if (capacity < sizeof(abi::IpChannelConfig)) return abi::error_small_buffer;
  if (!device.recorder()) return abi::error_not_supported;
  const auto channels =
      static_cast<std::uint32_t>(faults().channels >= 0 ? faults().channels : device.channels());
  const auto groups = std::max(1U, (channels + 63) / 64);
  if (group < 0 || static_cast<std::uint32_t>(group) >= groups) return abi::error_channel;
  std::vector<isapi::InputProxyStatus> status;
  if (const auto answer = device.ask("GET", isapi::path::kInputProxyStatus); answer.good())
    status = isapi::parse_input_proxy_status(answer.body).value_or(std::vector<isapi::InputProxyStatus>{});
  const auto offline = [&](std::uint32_t own) {
    return std::ranges::any_of(status, [own](const auto& one) {
      return one.id == static_cast<int>(own) && !one.online.value_or(true);
    });
  };
  auto config = std::make_unique<abi::IpChannelConfig>();
  config->size = sizeof *config;
  config->groups = groups;
  config->ip_channels = channels;
  config->first_ip = static_cast<std::uint32_t>(device.library_channel(1));
  for (std::uint32_t i = 0; i < 64; ++i) {
    const auto number = static_cast<std::uint32_t>(group) * 64 + i;
    if (number >= channels) break;
    auto& camera = config->devices[i];
    camera.enable = 1;
    camera.port = 8000;
    std::snprintf(camera.address.ipv4, sizeof camera.address.ipv4, "192.168.1.%u", number % 250 + 1);
    abi::IpChannel channel{};
    channel.enable = offline(number + 1) ? 0 : 1;
    channel.device_low = static_cast<std::uint8_t>(number + 1);
    channel.device_high = static_cast<std::uint8_t>((number + 1) >> 8);
    channel.channel = 1;
    std::memcpy(config->streams[i].of_kind, &channel, sizeof channel);
  }
  std::memcpy(out, config.get(), sizeof *config);
  written = sizeof *config;
  return abi::error_none;
}

// Puts a text into a buffer; false: it does not fit.
bool put(std::string_view text, void* to, std::uint32_t capacity) {
  if (to == nullptr || text.size() > capacity) return false;
  std::memcpy(to, text.data(), text.size());
  if (text.size() < capacity) static_cast<char*>(to)[text.size()] = '\0';
  return true;
}

}  // namespace

std::uint32_t make_key_frame(Library& library, abi::Handle user_id, std::int32_t channel, int stream) {
  Target target;
  if (const auto error = find(library, user_id, channel, target); error != 0) return error;
  return number_of(
      target.device->ask("PUT", isapi::path::request_key_frame(isapi::stream_id(target.channel, stream))));
}

std::uint32_t move_ptz(Library& library, abi::Handle user_id, std::int32_t channel, std::uint32_t command,
                       bool stop, std::uint32_t speed) {
  Target target;
  if (const auto error = find(library, user_id, channel, target); error != 0) return error;
  Way way;
  if (!way_of(command, way) || (!stop && (speed < 1 || speed > 7))) return abi::error_parameter;
  const int percent = stop ? 0 : static_cast<int>(speed * 100 / 7);
  const auto body = isapi::write_ptz(way.pan * percent, way.tilt * percent, way.zoom * percent);
  return number_of(target.device->ask("PUT", isapi::path::ptz_continuous(target.channel), body));
}

std::uint32_t use_preset(Library& library, abi::Handle user_id, std::int32_t channel, std::uint32_t command,
                         std::uint32_t preset) {
  Target target;
  if (const auto error = find(library, user_id, channel, target); error != 0) return error;
  if (command != abi::preset_go) return abi::error_not_supported;
  return number_of(
      target.device->ask("PUT", isapi::path::ptz_goto(target.channel, static_cast<int>(preset))));
}

std::uint32_t take_picture(Library& library, abi::Handle user_id, std::int32_t channel, IsapiAnswer& answer) {
  Target target;
  if (const auto error = find(library, user_id, channel, target); error != 0) return error;
  if (target.device->speaks_isapi()) return abi::error_no_isapi;  // as was measured
  answer = target.device->ask("GET", isapi::path::picture(isapi::stream_id(target.channel, 1)));
  return abi::error_none;
}

std::uint32_t get_config(Library& library, abi::Handle user_id, std::uint32_t command, std::int32_t channel,
                         void* out, std::uint32_t capacity, std::uint32_t& written) {
  const auto device = library.device(user_id);
  if (!device) return abi::error_invalid_user;
  if (out == nullptr) return abi::error_parameter;
  if (command == abi::config_get_time) return get_time(*device, out, capacity, written);
  if (command == abi::config_get_ip_channels)
    return get_ip_channels(*device, channel, out, capacity, written);
  return abi::error_not_supported;
}

std::uint32_t set_config(Library& library, abi::Handle user_id, std::uint32_t command, const void* in,
                         std::uint32_t size) {
  const auto device = library.device(user_id);
  if (!device) return abi::error_invalid_user;
  if (command != abi::config_set_time) return abi::error_not_supported;
  if (in == nullptr || size != sizeof(abi::Time)) return abi::error_parameter;
  abi::Time time;
  std::memcpy(&time, in, sizeof time);
  char text[256];
  std::snprintf(
      text, sizeof text,
      "<Time><timeMode>manual</timeMode><localTime>%04u-%02u-%02uT%02u:%02u:%02u</localTime></Time>",
      time.year % 10'000, time.month % 100, time.day % 100, time.hour % 100, time.minute % 100,
      time.second % 100);
  return number_of(device->ask("PUT", isapi::path::kTime, text));
}

std::uint32_t check_user(Library& library, abi::Handle user_id, std::uint32_t command) {
  const auto device = library.device(user_id);
  if (!device) return abi::error_invalid_user;
  if (command != abi::control_check_user) return abi::error_not_supported;
  return number_of(device->ask("GET", isapi::path::kUserCheck));
}

std::uint32_t pass_through(Library& library, abi::Handle user_id, const abi::PassThroughInput& in,
                           abi::PassThroughOutput& out) {
  const auto device = library.device(user_id);
  if (!device) return abi::error_invalid_user;
  if (faults().no_isapi) return abi::error_not_supported;
  if (in.request == nullptr) return abi::error_parameter;
  std::string_view line = trim({static_cast<const char*>(in.request), in.request_size});
  line = trim(line.substr(0, line.find('\0')));
  const auto method = take_until(line, ' ');
  const auto path = trim(line);
  if (!path.starts_with('/')) return abi::error_parameter;
  const std::string_view body{static_cast<const char*>(in.body), in.body != nullptr ? in.body_size : 0};
  at("isapi", device->where().address);
  const auto answer = device->ask(method, path, body);
  if (answer.error != 0) return answer.error;
  out.body_size = 0;
  if (!answer.good()) {
    put(answer.body, out.body, out.body_capacity);
    put(answer.body, out.status, out.status_capacity);
    return abi::error_failed;
  }
  if (!put(answer.body, out.body, out.body_capacity)) return abi::error_small_buffer;
  out.body_size = static_cast<std::uint32_t>(answer.body.size());
  return abi::error_none;
}

}  // namespace camfleet::standin
