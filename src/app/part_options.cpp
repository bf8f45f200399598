#include "app/part_options.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "net/capacity.h"
#include "net/memory_limit.h"

namespace camfleet::app {

std::filesystem::path data_path(const Settings& settings) {
  if (!settings.data.empty()) return settings.data;
  std::filesystem::path system = "/var/lib/camfleet";
  std::error_code ec;
  std::filesystem::create_directories(system, ec);
  // There it may be, and be another user's.
  if (!ec && ::access(system.c_str(), W_OK | X_OK) == 0) return system;
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before any thread
  return std::filesystem::path{home == nullptr ? "." : home} / ".local/share/camfleet";
}

net::ListenerOptions listener_options(std::size_t descriptors) {
  net::ListenerOptions options;
  options.limits.total = net::connections_of_listener(descriptors);
  options.limits.per_address = std::min<std::size_t>(4096, options.limits.total * 3 / 4);
  return options;
}

device::HikvisionOptions hikvision_options(const Settings& settings) {
  device::HikvisionOptions options;
  options.heartbeat_most = std::chrono::seconds{settings.fleet_heartbeat_s};
  options.alarm_retry_most = std::min<std::chrono::milliseconds>(
      options.alarm_retry_most, std::chrono::seconds{settings.fleet_backoff_cap_s});
  options.heartbeat_least = options.heartbeat_most / 2;
  options.clock_off_again = 3 * options.heartbeat_most;
  return options;
}

device::HcNetSdkOptions sdk_driver_options(const Settings& settings) {
  device::HcNetSdkOptions options;
  options.heartbeat_most = std::chrono::seconds{settings.fleet_heartbeat_s};
  options.heartbeat_least = options.heartbeat_most / 2;
  options.alarm_retry_most = std::min<std::chrono::milliseconds>(
      options.alarm_retry_most, std::chrono::seconds{settings.fleet_backoff_cap_s});
  return options;
}

// The program of the hosts stands beside our own.
device::hcnetsdk::HostsOptions sdk_options(const Settings& settings) {
  std::error_code ec;
  device::hcnetsdk::HostsOptions out;
  out.host.process.program =
      std::filesystem::read_symlink("/proc/self/exe", ec).parent_path() / "camfleet-sdkhost";
  out.host.process.memory_limit = std::uint64_t{settings.sdk_host_mib} * 1024 * 1024;
  const auto mib = [](unsigned wanted) { return std::bit_ceil(std::size_t{wanted}) << 20; };
  out.host.process.alarm_ring = mib(settings.sdk_alarm_ring_mib);
  out.host.process.media_ring = mib(settings.sdk_media_ring_mib);
  out.host.longest_call = std::chrono::seconds{settings.sdk_call_limit_s};
  out.host.directory = std::filesystem::absolute(settings.sdk_dir, ec);
  out.host.connect = std::chrono::milliseconds{settings.fleet_connect_ms};
  out.host.receive = std::chrono::milliseconds{settings.fleet_call_ms};
  out.devices_per_host = settings.sdk_devices_per_host;
  out.most_hosts = settings.sdk_max_hosts;
  out.recycle_after = std::chrono::hours{settings.sdk_recycle_hours};
  out.recycle_pause = std::chrono::seconds{settings.sdk_recycle_pause_s};
  out.recycle_kib = std::uint64_t{settings.sdk_recycle_mib} * 1024;
  return out;
}

fleet::FleetOptions fleet_options(const Settings& settings, std::size_t descriptors) {
  fleet::FleetOptions options;
  options.max_registered = settings.fleet_max_devices;
  options.capacity = net::room_of(descriptors, net::memory_limit(), 0).devices;
  options.calls.connect = std::chrono::milliseconds{settings.fleet_connect_ms};
  options.calls.call = std::chrono::milliseconds{settings.fleet_call_ms};
  options.attempt_budget = std::chrono::milliseconds{settings.fleet_attempt_ms};
  options.admission.per_credential = settings.fleet_max_per_credential;
  options.admission.suspect_per_second = settings.fleet_suspect_per_second;
  options.retry.base = std::chrono::milliseconds{settings.fleet_backoff_base_ms};
  options.retry.cap = std::chrono::seconds{settings.fleet_backoff_cap_s};
  options.kept_moves = settings.stream_kept_moves;
  options.admission.per_node = settings.fleet_max_connecting;
  return options;
}

api::TrustedProxies proxies_of(const Settings& settings) {
  std::vector<net::Cidr> networks;
  for (const auto& text : settings.trusted_proxies)
    if (const auto network = net::Cidr::parse(text)) networks.push_back(*network);
  return api::TrustedProxies{std::move(networks)};
}

api::StreamOptions stream_options(const Settings& settings) {
  api::StreamOptions options;
  options.max_subscribers = settings.stream_max_subscribers;
  options.heartbeat = std::chrono::seconds{settings.stream_heartbeat_s};
  return options;
}

media::Settings media_settings(const Settings& settings) {
  media::Settings out;
  out.linger = std::chrono::seconds{settings.hub_linger_s};
  out.hold = std::chrono::seconds{settings.hub_hold_s};
  out.merge = std::chrono::milliseconds{settings.hub_merge_ms};
  out.mirror_viewers = settings.hub_mirror_viewers;
  out.max_starts = settings.hub_max_starts;
  out.window.bytes = settings.hub_gop_bytes;
  out.max_rate = std::uint64_t{settings.hub_max_mbps} * 1'000'000;
  return out;
}

net::PortRange range_of(const std::string& text) { return *net::PortRange::parse(text); }

device::UdpLimits udp_limits(const Settings& settings, net::DatagramPairs& ports,
                             device::TransportMemory& memory) {
  device::UdpLimits limits;
  limits.ports = &ports;
  limits.memory = &memory;
  limits.again = std::chrono::seconds{settings.udp_again_s};
  return limits;
}

storage::EventStoreOptions event_options(const Settings& settings) {
  storage::EventStoreOptions options;
  options.keep = std::chrono::hours{24} * settings.events_keep_days;
  options.max_bytes = std::uint64_t{settings.events_max_mib} * 1024 * 1024;
  return options;
}

device::discovery::ServiceOptions discovery_options(const Settings& settings) {
  device::discovery::ServiceOptions options;
  options.enabled = settings.discovery_enabled;
  options.interval = std::chrono::seconds{settings.discovery_interval_s};
  options.interfaces = settings.discovery_interfaces;
  return options;
}

Result<net::Endpoint> endpoint_of(const std::string& text) {
  const auto where = net::parse_host_port(text);
  if (!where) return fail(Code::config_invalid, text + ": wants HOST:PORT");
  const auto address = net::parse_address(where->host == "localhost" ? "127.0.0.1" : where->host);
  if (!address) return fail(Code::config_invalid, text + ": wants a numeric address");
  return net::Endpoint{*address, where->port};
}

Result<net::AddressGuard> guard_of(const Settings& settings, bool demo) {
  auto guard = settings.allow_devices.empty() ? Result<net::AddressGuard>{net::AddressGuard{}}
                                              : net::AddressGuard::parse(settings.allow_devices);
  if (guard && demo) guard->allow(*net::Cidr::parse("127.1.0.0/16"));
  return guard;
}

Result<std::unique_ptr<net::TlsServer>> tls_of(const Settings& settings) {
  if (!settings.tls()) return std::unique_ptr<net::TlsServer>{};
  return net::TlsServer::load({settings.tls_cert, settings.tls_key});
}

}  // namespace camfleet::app
