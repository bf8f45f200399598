#include "sim/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "proto/sadp/message.h"
#include "proto/url/url.h"
#include "proto/wsd/message.h"
#include "proto/wsd/scopes.h"
#include "sim/simulator.h"

namespace camfleet::sim {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerWithin = 500ms;  // APP_MAX_DELAY of WS-Discovery
constexpr auto kHelloWithin = 1000ms;  // after the start
constexpr std::size_t kMostDue = 500'000;
constexpr std::size_t kTurn = 64;  // datagrams in a row, then others have their turn

net::Address group() { return net::asio::ip::make_address_v4(std::string{wsd::kGroup}); }

// Some firmwares do not answer where a type is asked for.
bool dislikes_types(std::uint32_t device) { return device % 5 == 3; }
// SADP is answered to the group or to whoever asked; both are met.
bool answers_to_group(std::uint32_t device) { return device % 2 == 0; }

}  // namespace

Discovery::Discovery(Simulator& simulator, net::Executor executor)
    : simulator_(simulator),
      executor_(executor),
      rng_(simulator.settings().population.seed),
      bell_(executor) {}

Result<> Discovery::open() {
  const auto interfaces = net::network_interfaces();
  if (!interfaces) return fail(interfaces.error());
  for (const auto& each : *interfaces)
    if (each.loopback) loopback_ = each.index;
  for (const auto protocol : {Protocol::wsd, Protocol::sadp}) {
    const bool is_wsd = protocol == Protocol::wsd;
    auto socket = net::UdpSocket::open(
        executor_, {.at = {net::asio::ip::address_v4::any(), is_wsd ? wsd::kPort : sadp::kPort},
                    .share = true,
                    .device = "lo",
                    .receive_buffer = 1024 * 1024});
    if (!socket) return fail(socket.error());
    const auto joined = socket->join(group(), loopback_);
    if (!joined) return joined;
    (is_wsd ? wsd_ : sadp_).emplace(std::move(*socket));
  }
  for (std::uint32_t i = 0; i < count(); ++i) {
    push({.device = i, .protocol = Protocol::wsd, .hello = true, .to = {group(), wsd::kPort}}, kHelloWithin);
    push({.device = i, .protocol = Protocol::sadp, .hello = true, .to = {group(), sadp::kPort}},
         kHelloWithin);
  }
  return {};
}

std::uint32_t Discovery::count() const {
  const auto& population = simulator_.settings().population;
  return population.devices + simulator_.settings().discovery_others;
}

bool Discovery::is_other(std::uint32_t device) const {
  return device >= simulator_.settings().population.devices;
}

bool Discovery::speaks(std::uint32_t device, Protocol protocol) const {
  if (!is_other(device)) return simulator_.device(device)->is_on();
  const bool other_brand = (device - simulator_.settings().population.devices) % 2 == 0;
  return other_brand == (protocol == Protocol::wsd);
}

net::Address Discovery::address_of(std::uint32_t device) const {
  return net::asio::ip::address_v4{simulator_.plan().address_of(device)};
}

void Discovery::push(Due due, std::chrono::milliseconds within) {
  if (due_.size() >= kMostDue) return;
  due.at = simulator_.clock().steady() +
           std::chrono::milliseconds{rng_.below(static_cast<std::uint64_t>(within.count()))};
  due_.push(std::move(due));
  bell_.set();
}

// All where the group was asked, else the one whose address was.
void Discovery::answer_all(const net::Address& asked, Due due) {
  const bool all = asked.is_multicast();
  for (std::uint32_t i = 0; i < count(); ++i) {
    if (!all && address_of(i) != asked) continue;
    due.device = i;
    if (speaks(i, due.protocol)) push(due, kAnswerWithin);
  }
}

void Discovery::on_wsd(std::string_view bytes, const net::UdpSocket::Datagram& datagram) {
  const auto message = wsd::parse(bytes);
  if (!message || message->kind != wsd::Kind::probe) return;
  const auto& sought = message->targets.front();
  const auto is_ours = [](const std::string& type) {
    return type == "NetworkVideoTransmitter" || type == "Device";
  };
  if (!std::ranges::all_of(sought.types, is_ours)) return;
  for (const auto& scope : sought.scopes)
    if (!wsd::scope_matches(scope, "onvif://www.onvif.org/Profile/Streaming")) return;
  answer_all(datagram.to, {.protocol = Protocol::wsd,
                           .to = datagram.from,
                           .about = message->message_id,
                           .types = sought.types.empty() ? "" : "typed"});
}

void Discovery::on_sadp(std::string_view bytes, const net::UdpSocket::Datagram& datagram) {
  const auto message = sadp::parse(bytes);
  if (!message || message->kind != sadp::Kind::inquiry) return;
  answer_all(
      datagram.to,
      {.protocol = Protocol::sadp, .to = datagram.from, .about = message->uuid, .types = message->types});
}

net::Task<> Discovery::run_wsd() {
  std::vector<std::uint8_t> buffer(65'536);
  for (;;) {
    auto receiving = wsd_->receive(buffer);
    const auto datagram = co_await std::move(receiving);
    on_wsd(as_text(ByteView{buffer}.first(datagram.size)), datagram);
  }
}

net::Task<> Discovery::run_sadp() {
  std::vector<std::uint8_t> buffer(65'536);
  for (;;) {
    auto receiving = sadp_->receive(buffer);
    const auto datagram = co_await std::move(receiving);
    on_sadp(as_text(ByteView{buffer}.first(datagram.size)), datagram);
  }
}

net::Task<> Discovery::send_due() {
  std::size_t in_a_row = 0;
  for (;;) {
    const auto next = due_.empty() ? kNever : due_.top().at;
    co_await bell_.wait(next);
    while (!due_.empty() && due_.top().at <= simulator_.clock().steady()) {
      const Due due = due_.top();
      due_.pop();
      if (!speaks(due.device, due.protocol)) continue;
      auto to = due.to;
      const bool sadp = due.protocol == Protocol::sadp;
      if (sadp && answers_to_group(due.device)) to = {group(), sadp::kPort};
      const auto text = sadp ? sadp_text(due) : wsd_text(due);
      if (text.empty()) continue;
      (void)(sadp ? sadp_ : wsd_)->send(as_bytes(text), to, loopback_, address_of(due.device));
      if (++in_a_row % kTurn == 0) co_await net::asio::post(executor_, net::use_task);
    }
  }
}

// As Hikvision makes them: the MAC is the last part.
std::string Discovery::epr_of(const Identity& identity) const {
  auto mac = identity.mac;
  std::erase(mac, ':');
  return fmt::format("{:08x}-f70b-11b4-83a4-{}", simulator_.settings().population.seed & 0xffffffff, mac);
}

std::string Discovery::wsd_text(const Due& due) {
  if (!due.hello && due.types == "typed" && dislikes_types(due.device)) return {};
  const auto identity = identity_of(simulator_.settings().population, due.device);
  const auto address = dotted(simulator_.plan().address_of(due.device));
  wsd::Message message;
  message.kind = due.hello ? wsd::Kind::hello : wsd::Kind::probe_matches;
  message.message_id =
      fmt::format("urn:uuid:{:08x}-0000-4000-8000-{:012x}", rng_() & 0xffffffff, rng_() >> 16);
  message.relates_to = due.about;
  wsd::Target target;
  target.epr = epr_of(identity);
  target.types = {"NetworkVideoTransmitter", "Device"};
  const auto scope = [&](std::string_view category, std::string_view value) {
    target.scopes.push_back(fmt::format("onvif://www.onvif.org/{}/{}", category, url::percent_encode(value)));
  };
  target.scopes.emplace_back("onvif://www.onvif.org/type/video_encoder");
  target.scopes.emplace_back("onvif://www.onvif.org/Profile/Streaming");
  if (is_other(due.device)) {
    scope("name", "ACME Dome");
    scope("hardware", "AC-500");
    scope("location", "attic");
    target.xaddrs.push_back(fmt::format("http://{}/onvif/device_service", address));
  } else {
    scope("name", "HIKVISION " + identity.model);
    scope("hardware", identity.model);
    scope("MAC", identity.mac);
    target.xaddrs.push_back(
        fmt::format("http://{}:{}/onvif/device_service", address, simulator_.settings().http_port));
    target.xaddrs.push_back("http://[fe80::4619:b6ff:fe00:1]/onvif/device_service");
  }
  target.metadata_version = 10;
  message.targets.push_back(std::move(target));
  return wsd::write(message);
}

std::string Discovery::sadp_text(const Due& due) {
  const auto identity = identity_of(simulator_.settings().population, due.device);
  sadp::Message message;
  message.kind = due.hello ? sadp::Kind::hello : sadp::Kind::match;
  message.uuid = due.hello ? to_lower(epr_of(identity)) : due.about;
  message.types = due.hello ? "hello" : due.types;
  auto& device = message.device;
  device.type = identity.nvr ? "70144" : "142378";
  device.model = identity.model;
  device.serial = identity.serial;
  device.mac = identity.mac;
  std::ranges::replace(device.mac, ':', '-');
  device.ipv4 = dotted(simulator_.plan().address_of(due.device));
  device.ipv4_mask = "255.0.0.0";
  device.ipv4_gateway = "0.0.0.0";
  device.ipv6 = "::";
  device.command_port = 8000;
  device.http_port = simulator_.settings().http_port;
  device.analog_channels = 0;
  device.digital_channels = identity.channels;
  device.firmware = identity.firmware + identity.firmware_date;
  device.encoder = identity.encoder;
  device.dhcp = false;
  device.activated = !is_other(due.device);
  return sadp::write_device(message);
}

}  // namespace camfleet::sim
