#include "sim/device.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "proto/multipart/writer.h"
#include "sim/player.h"

namespace camfleet::sim {

Device::Device(Identity identity, std::string address, const Settings& settings, AlarmLog& alarm_log,
               const Clock& clock)
    : identity_(std::move(identity)),
      address_(std::move(address)),
      settings_(settings),
      clock_(clock),
      account_(identity_, settings_, counters_),
      alarms_(settings.population.seed, identity_.index, settings.alarms_per_minute, settings.alarm_seconds),
      alarm_log_(alarm_log),
      faults_(Rng{settings.population.seed ^ 0xfa17}() + identity_.index),
      booted_(clock.wall()) {}

void Device::power(bool on) {
  if (on_.exchange(on) == on) return;
  if (on) {
    booted_ = clock_.wall();
    account_.forget();
    session_logins_.forget();
    post_counts_.clear();
    return;
  }
  reset_connections();
}

void Device::power(bool on, std::uint64_t turn) {
  if (turn < power_turn_) return;
  power_turn_ = turn;
  power(on);
}

std::optional<Device::Connection> Device::connection_at(int descriptor) {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return std::nullopt;
  return Connection{descriptor, peer.sin_addr.s_addr, peer.sin_port};
}

void Device::connected(int descriptor) {
  constexpr std::size_t kLookAgain = 16;
  if (connections_.size() % kLookAgain == kLookAgain - 1)
    std::erase_if(connections_, [](const Connection& one) { return connection_at(one.descriptor) != one; });
  if (const auto connection = connection_at(descriptor)) connections_.push_back(*connection);
}

// A connection is closed by its own loop alone, which is ours: one that still has the same number and peer is
// the same one. "Connecting" it to nowhere resets it while its owner goes on to hold it, and to read the
// error.
std::size_t Device::reset_connections() {
  std::size_t count = 0;
  for (const auto& connection : std::exchange(connections_, {})) {
    if (connection_at(connection.descriptor) != connection) continue;
    const sockaddr nowhere{.sa_family = AF_UNSPEC, .sa_data = {}};
    if (::connect(connection.descriptor, &nowhere, sizeof nowhere) == 0) ++count;
  }
  // A reset stream ends its task later, which takes it off the list.
  for (net::TcpStream* stream : present_) stream->abort();
  wake_alarm_streams();
  return count;
}

void Device::wake_alarm_streams() {
  for (AlarmStream* stream : listeners_) stream->bell.set();
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

std::shared_ptr<AlarmRecord> Device::alarm_begins(const Alarm& alarm) {
  if (!is_on()) return nullptr;
  add(counters_.alarms_raised);
  if (listeners_.empty()) add(counters_.alarms_unheard);
  return alarm_log_.begin(identity_.index, ++alarm_number_, alarm, clock_.wall(), !listeners_.empty());
}

void Device::post_alarm(const std::shared_ptr<AlarmRecord>& alarm, bool active) {
  if (!active) alarm->ended = true;
  if (!is_on()) return;
  const std::string_view type = alarm->type;
  auto count = post_counts_.find(type);
  if (count == post_counts_.end()) count = post_counts_.emplace(std::string{type}, 0).first;
  if (active) ++count->second;
  if (listeners_.empty()) return;
  isapi::Alert alert;
  alert.type = type;
  alert.state = active ? isapi::AlertState::active : isapi::AlertState::inactive;
  alert.channel = alarm->channel;
  alert.time_text = local_time();
  alert.count = active ? static_cast<int>(count->second) : 0;
  alert.description = fmt::format("{}, alarm {:06}", description_of(type), alarm->number);
  alert.address = address_;
  alert.mac = info().mac;
  const auto part = std::make_shared<const std::string>(alert_part(alert));
  for (AlarmStream* stream : listeners_) {
    if (stream->waiting.size() == AlarmStream::kMaxWaiting) {
      ++stream->waiting.front().alarm->lost;
      stream->waiting.pop_front();
    }
    stream->waiting.push_back({part, alarm});
    stream->bell.set();
  }
}

std::string Device::heartbeat() const { return alert_part(isapi::heartbeat(info(), address_, local_time())); }

std::string Device::alert_part(const isapi::Alert& alert) const {
  const auto framing = identity_.nvr ? multipart::Framing::nvr_lf : multipart::Framing::camera;
  const auto xml = isapi::write_alert(alert, dialect(), identity_.nvr);
  return multipart::part(framing, "application/xml; charset=\"UTF-8\"", xml);
}

bool Device::has_ptz(int channel) const {
  if (!identity_.nvr) return identity_.dome && channel <= 1;
  return channel % 4 == 0;
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
  if (faults_.bites(Fault::address_taken)) {
    info.serial.insert(info.model.size(), "X");  // of another one that was made like it
    info.mac.replace(0, 8, "c0:56:e3");
  }
  return info;
}

std::string Device::local_time() const {
  auto now = clock_.wall();
  if (faults_.bites(Fault::clock_skew))
    now += std::chrono::milliseconds{static_cast<std::int64_t>(faults_.amount(Fault::clock_skew) * 1000)};
  return isapi::format_time(now, std::chrono::hours{8});
}

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
  add(counters_.key_frames_asked);
  for (const auto& playing : playing_)
    if (playing.channel == channel && playing.profile == profile) playing.player->want_key();
}

}  // namespace camfleet::sim
