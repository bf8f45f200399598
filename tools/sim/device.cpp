#include "sim/device.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "proto/multipart/writer.h"
#include "sim/player.h"

namespace camfleet::sim {

Device::Device(Identity identity, std::string address, const Settings& settings, const Clock& clock)
    : identity_(std::move(identity)),
      address_(std::move(address)),
      settings_(settings),
      clock_(clock),
      account_(identity_, settings_, counters_),
      alarms_(settings.population.seed, identity_.index, settings.alarms_per_minute),
      booted_(clock.wall()) {}

void Device::power(bool on) {
  if (on_.exchange(on) == on) return;
  if (on) {
    booted_ = clock_.wall();
    account_.forget();
    post_counts_.clear();
    return;
  }
  // A reset stream ends its task later, which takes it off the list.
  for (net::TcpStream* stream : present_) stream->abort();
}

Device::Presence::Presence(Device& device, net::TcpStream& stream) : device_(device), stream_(&stream) {
  device_.present_.push_back(stream_);
}
Device::Presence::~Presence() { std::erase(device_.present_, stream_); }

Device::Listening::Listening(Device& device, net::TcpStream& client)
    : device_(device), stream_(client), taken_(false) {
  const auto room = device_.settings_.max_alarm_streams;
  if (device_.listeners_.size() >= room) device_.drop_gone_listeners();
  taken_ = device_.listeners_.size() < room;
  if (!taken_) return;
  device_.listeners_.push_back(&stream_);
  add(device_.counters_.alarm_streams);
}
Device::Listening::~Listening() {
  if (!taken_) return;
  std::erase(device_.listeners_, &stream_);
  drop(device_.counters_.alarm_streams);
}

void Device::drop_gone_listeners() {
  std::erase_if(listeners_, [](AlarmStream* stream) {
    char byte = 0;
    if (::recv(stream->client.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return false;
    stream->client.abort();
    stream->bell.set();
    return true;
  });
}

void Device::alarm_begins() {
  if (!is_on()) return;
  add(counters_.alarms_raised);
  if (listeners_.empty()) add(counters_.alarms_unheard);
}

void Device::post_alarm(std::string_view type, std::uint16_t channel, bool active) {
  if (!is_on()) return;
  auto count = post_counts_.find(type);
  if (count == post_counts_.end()) count = post_counts_.emplace(std::string{type}, 0).first;
  if (active) ++count->second;
  if (listeners_.empty()) return;
  isapi::Alert alert;
  alert.type = type;
  alert.state = active ? isapi::AlertState::active : isapi::AlertState::inactive;
  alert.channel = channel;
  alert.time_text = local_time();
  alert.count = active ? static_cast<int>(count->second) : 0;
  alert.description = description_of(type);
  alert.address = address_;
  alert.mac = identity_.mac;
  const auto part = std::make_shared<const std::string>(alert_part(alert));
  for (AlarmStream* stream : listeners_) {
    if (stream->waiting.size() == AlarmStream::kMaxWaiting) stream->waiting.pop_front();
    stream->waiting.push_back(part);
    stream->bell.set();
  }
}

std::string Device::heartbeat() const { return alert_part(isapi::heartbeat(info(), address_, local_time())); }

std::string Device::alert_part(const isapi::Alert& alert) const {
  const auto framing = identity_.nvr ? multipart::Framing::nvr_lf : multipart::Framing::camera;
  const auto xml = isapi::write_alert(alert, dialect(), identity_.nvr);
  return multipart::part(framing, "application/xml; charset=\"UTF-8\"", xml);
}

isapi::DeviceInfo Device::info() const {
  isapi::DeviceInfo info;
  info.name = identity_.name;
  info.device_id =
      fmt::format("{:08x}-f70b-00b0-00a0-{:012x}", settings_.population.seed & 0xffffffff, identity_.index);
  info.model = identity_.model;
  info.serial = identity_.serial;
  info.mac = identity_.mac;
  info.firmware = identity_.firmware;
  info.firmware_build = identity_.firmware_date;
  info.hardware = "0x0";
  info.type = identity_.nvr ? "NVR" : identity_.dome ? "IPDome" : "IPCamera";
  info.manufacturer = "hikvision";
  return info;
}

std::string Device::local_time() const { return isapi::format_time(clock_.wall(), std::chrono::hours{8}); }

isapi::Dialect Device::dialect() const {
  isapi::Dialect dialect;
  if (identity_.nvr) {
    dialect.version = "1.0";
  } else {
    dialect.newline = "\r\n";
  }
  return dialect;
}

bool Device::take_session() {
  if (sessions_ >= settings_.max_sessions) {
    add(counters_.sessions_refused);
    return false;
  }
  ++sessions_;
  add(counters_.rtsp_sessions);
  return true;
}

void Device::give_session() {
  --sessions_;
  drop(counters_.rtsp_sessions);
}

void Device::plays(Player& player, std::uint16_t channel, std::uint8_t profile) {
  playing_.push_back({&player, channel, profile});
  add(counters_.playing);
  add(counters_.plays);
}

void Device::plays_no_more(Player& player) {
  std::erase_if(playing_, [&](const Playing& playing) { return playing.player == &player; });
  drop(counters_.playing);
}

void Device::request_key_frame(std::uint16_t channel, std::uint8_t profile) {
  for (const auto& playing : playing_)
    if (playing.channel == channel && playing.profile == profile) playing.player->want_key();
}

}  // namespace camfleet::sim
