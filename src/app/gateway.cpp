#include "app/gateway.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "api/api.h"
#include "app/backups.h"
#include "app/console.h"
#include "app/demo.h"
#include "auth/admin_token.h"
#include "auth/api_tokens.h"
#include "auth/failures.h"
#include "auth/gate.h"
#include "auth/key_check.h"
#include "auth/live_tokens.h"
#include "auth/sealed_box.h"
#include "auth/secret_key.h"
#include "base/log.h"
#include "device/discovery/service.h"
#include "device/hikvision/driver.h"
#include "device/rtsp/driver.h"
#include "device/rtsp/transport_memory.h"
#include "fleet/fleet.h"
#include "fleet/proposals.h"
#include "media/hubs.h"
#include "media/outputs/live_outputs.h"
#include "media/outputs/rtsp_server.h"
#include "media/snapshots.h"
#include "net/capacity.h"
#include "net/descriptor_limit.h"
#include "net/http_server.h"
#include "net/loop_groups.h"
#include "net/memory_limit.h"
#include "net/tls_server.h"
#include "net/worker_pool.h"
#include "proto/url/url.h"
#include "storage/data_dir.h"
#include "storage/refusal_file.h"
#include "storage/sqlite/registry.h"
#include "telemetry/json_log.h"

namespace camfleet::app {
namespace {

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

constexpr auto kDrain = std::chrono::seconds{2};  // for answers that are being made when we stop

// What the machine carries, and where that is less than there is to do, what to raise.
void tell_room(const net::Room& room, std::size_t descriptors, std::size_t registered) {
  const bool memory = room.by == net::Room::By::memory;
  log::info("gateway.capacity", {{"descriptors", descriptors},
                                 {"devices", room.devices},
                                 {"viewers", room.viewers},
                                 {"limited_by", memory ? "memory" : "descriptors"}});
  if (registered <= room.devices) return;
  const auto needed = net::kReservedDescriptors + net::kDescriptorsPerDevice * registered;
  log::warn("gateway.too_small", {{"registered", registered},
                                  {"devices", room.devices},
                                  {"raise", memory ? "the memory of the machine or the cgroup (MemoryMax=)"
                                                   : "LimitNOFILE= to at least " + std::to_string(needed)}});
}

// Of one listener; none of one address takes the connections of everybody else.
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
  out.max_starts = settings.hub_max_starts;
  out.window.bytes = settings.hub_gop_bytes;
  out.max_rate = std::uint64_t{settings.hub_max_mbps} * 1'000'000;
  return out;
}

// Checked when it was given.
net::PortRange range_of(const std::string& text) { return *net::PortRange::parse(text); }

device::UdpLimits udp_limits(const Settings& settings, net::DatagramPairs& ports,
                             device::TransportMemory& memory) {
  device::UdpLimits limits;
  limits.ports = &ports;
  limits.memory = &memory;
  limits.again = std::chrono::seconds{settings.udp_again_s};
  return limits;
}

device::discovery::ServiceOptions discovery_options(const Settings& settings) {
  device::discovery::ServiceOptions options;
  options.enabled = settings.discovery_enabled;
  options.interval = std::chrono::seconds{settings.discovery_interval_s};
  options.interfaces = settings.discovery_interfaces;
  return options;
}

// One address of ours; a name stands for its first address ("localhost").
Result<net::Endpoint> endpoint_of(const std::string& text) {
  const auto where = net::parse_host_port(text);
  if (!where) return fail(Code::config_invalid, text + ": wants HOST:PORT");
  const auto address = net::parse_address(where->host == "localhost" ? "127.0.0.1" : where->host);
  if (!address) return fail(Code::config_invalid, text + ": wants a numeric address");
  return net::Endpoint{*address, where->port};
}

// A device that is to stay on is pulled without viewers: the main stream of each of its channels.
void keep_on(media::Hubs& hubs, const model::DeviceSpec& spec, const model::DeviceFacts& facts) {
  for (const auto& channel : facts.channels) {
    const model::StreamKey key{spec.id, channel.number, model::Profile::main};
    if (!spec.always_on && !hubs.stream(key)) continue;  // it never was
    if (const auto kept = hubs.keep(key, spec.always_on); !kept)
      log::warn("media.not_kept", {{"stream", model::to_text(key)}, {"code", name(kept.error().code)}});
  }
}

Result<net::AddressGuard> guard_of(const Settings& settings, bool demo) {
  auto guard = settings.allow_devices.empty() ? Result<net::AddressGuard>{net::AddressGuard{}}
                                              : net::AddressGuard::parse(settings.allow_devices);
  if (guard && demo) guard->allow(*net::Cidr::parse("127.1.0.0/16"));
  return guard;
}

// Null where no certificate is given.
Result<std::unique_ptr<net::TlsServer>> tls_of(const Settings& settings) {
  if (!settings.tls()) return std::unique_ptr<net::TlsServer>{};
  return net::TlsServer::load({settings.tls_cert, settings.tls_key});
}

// The address of the device is a literal one, and allowed. A name is asked for when it is resolved.
bool is_inside(const model::DeviceSpec& spec, const net::AddressGuard& guard) {
  std::string host = spec.address;
  if (!spec.url.empty())
    if (const auto parsed = url::parse(spec.url)) host = parsed->url.host;
  const auto address = net::parse_address(host);
  constexpr std::uint16_t kAnyPort = 1;
  return address && guard.check(net::Endpoint{*address, kAnyPort}).has_value();
}

// Where a device may be has changed: what is outside now ends, and names are looked up again.
void end_outside(fleet::Fleet& fleet, const net::AddressGuard& guard) {
  fleet::DeviceQuery query;
  query.limit = 1000;
  std::size_t ended = 0;
  for (;;) {
    const auto page = fleet.list(query);
    if (!page) break;
    for (const auto& view : page->items) {
      if (is_inside(view->spec, guard)) continue;
      if (fleet.reconnect(view->spec.id)) ++ended;
    }
    if (!page->next) break;
    query.cursor = *page->next;
  }
  log::info("gateway.networks_changed", {{"sessions_made_anew", ended}});
}

}  // namespace

// In the order in which they are made; they end in the other one, after stop() has taken down what runs.
struct Gateway::Parts {
  Parts(storage::DataDir data, auth::SecretKey secret_key, auth::AdminToken token,
        net::AddressGuard addresses, std::unique_ptr<net::TlsServer> tls_server, std::size_t loop_count)
      : data_dir(std::move(data)),
        key(std::move(secret_key)),
        admin(std::move(token)),
        guard(std::move(addresses)),
        tls(std::move(tls_server)),
        loops(loop_count) {}

  storage::DataDir data_dir;
  auth::SecretKey key;
  auth::AdminToken admin;
  net::AddressGuard guard;
  std::unique_ptr<net::TlsServer> tls;  // null: plain text
  net::Loops loops;
  net::WorkerPool registry_thread{1, 100'000, "registry"};
  net::WorkerPool blocking{1, 1'000, "blocking"};
  net::WorkerPool token_thread{1, 100'000, "tokens"};  // beside it: a backup must not hold up viewers
  auth::SealedBox sealed{key};
  auth::FailureLimiter failures;
  std::unique_ptr<auth::ApiTokens> api_tokens;
  std::unique_ptr<auth::LiveTokens> tokens;
  std::optional<auth::Gate> gate;
  std::unique_ptr<storage::SqliteRegistry> registry;
  std::optional<storage::RefusalFile> refusals;
  std::optional<net::DatagramPairs> device_ports;
  std::optional<net::DatagramPairs> viewer_ports;
  device::TransportMemory carriers;
  std::optional<device::HikvisionDriver> hikvision;
  std::optional<device::RtspDriver> rtsp_driver;
  std::optional<Demo> demo;
  std::optional<Backups> backups;
  std::optional<fleet::Fleet> fleet;
  std::optional<fleet::MoveWatch> moves;
  std::optional<device::discovery::Service> discovery;
  net::WorkerPool reviews{1, 1, "reviews"};
  std::optional<net::LoopGroups> key_requests;
  std::optional<media::Hubs> hubs;
  std::optional<media::LiveOutputs> live;
  std::optional<media::Snapshots> snapshots;
  std::optional<media::RtspServer> rtsp_server;
  std::optional<api::Api> api;
  std::optional<net::HttpServer> http_server;
  net::Endpoint http_at;
  net::Endpoint rtsp_at;
  std::atomic<bool> ready{false};
  bool stopped = false;
};

namespace {

net::Task<> ask_for_key_frame(fleet::Fleet& fleet, model::StreamKey key) {
  auto asking = fleet.request_key_frame(key, system_clock().steady() + std::chrono::seconds{5});
  const auto asked = co_await std::move(asking);
  if (!asked)
    log::debug("media.key_frame_refused", {{"stream", model::to_text(key)},
                                           {"code", name(asked.error().code)},
                                           {"detail", asked.error().place}});
}

}  // namespace

media::HubHooks Gateway::hub_hooks(Parts& parts) {
  media::HubHooks hooks;
  hooks.judged = [&parts](const auto& key, const auto& why) { parts.fleet->judge_stream(key, why); };
  hooks.needs_key_frame = [&parts](const auto& key) {
    parts.key_requests->on(*net::Loop::current()).spawn(ask_for_key_frame(*parts.fleet, key));
  };
  return hooks;
}

Gateway::Gateway(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Gateway::~Gateway() { stop(); }

Result<std::unique_ptr<Gateway>> Gateway::start(const Settings& settings) {
  auto data = storage::DataDir::open(data_path(settings));
  if (!data) return fail(data.error());
  std::error_code ec;
  const bool used = std::filesystem::exists(data->path() / "registry.db", ec);
  auto key = auth::find_key(data->path(), used, settings.new_key);
  if (!key) return fail(key.error());
  auto admin = auth::AdminToken::find(data->path());
  if (!admin) return fail(admin.error());
  const auto http_at = endpoint_of(settings.http);
  if (!http_at) return fail(http_at.error());
  const auto rtsp_at = endpoint_of(settings.rtsp);
  if (!rtsp_at) return fail(rtsp_at.error());
  auto guard = guard_of(settings, settings.demo > 0);
  if (!guard) return fail(guard.error());
  auto tls = tls_of(settings);
  if (!tls) return fail(tls.error());

  const std::size_t loops =
      settings.loops > 0 ? settings.loops : std::max(1U, std::thread::hardware_concurrency());
  auto made = std::make_unique<Parts>(std::move(*data), std::move(*key), std::move(*admin), std::move(*guard),
                                      std::move(*tls), loops);
  auto& parts = *made;
  const net::TlsPolicy tls_policy{parts.tls.get(), settings.insecure};
  // From here on the destructor takes down what was made.
  std::unique_ptr<Gateway> gateway{new Gateway{std::move(made)}};
  const auto& path = parts.data_dir.path();

  auto tokens = auth::LiveTokens::open(parts.key, path);
  if (!tokens) return fail(tokens.error());
  parts.tokens = std::move(*tokens);
  auto api_tokens = auth::ApiTokens::open(parts.key, path / "api-tokens");
  if (!api_tokens) return fail(api_tokens.error());
  parts.api_tokens = std::move(*api_tokens);
  auto registry = storage::SqliteRegistry::open(path / "registry.db", parts.registry_thread);
  if (!registry) return fail(registry.error());
  parts.registry = std::move(*registry);
  parts.backups.emplace(path, *parts.registry, parts.blocking);

  parts.refusals.emplace(path / "refusals", parts.key.derive("refusals"), parts.blocking);

  const auto descriptors = net::raise_descriptor_limit();
  const auto listeners = listener_options(descriptors);
  parts.device_ports.emplace(range_of(settings.udp_device_ports), net::udp_pairs_that_fit(descriptors));
  parts.viewer_ports.emplace(range_of(settings.udp_viewer_ports));
  device::RtspLimits rtsp_limits;
  rtsp_limits.udp = udp_limits(settings, *parts.device_ports, parts.carriers);
  auto hikvision = hikvision_options(settings);
  hikvision.rtsp = rtsp_limits;
  parts.hikvision.emplace(hikvision);
  device::RtspDriverOptions rtsp_options;
  rtsp_options.limits = rtsp_limits;
  parts.rtsp_driver.emplace(rtsp_options);
  parts.fleet.emplace(
      fleet::FleetParts{
          .loops = parts.loops,
          .store = *parts.registry,
          .secrets = parts.sealed,
          .guard = parts.guard,
          .drivers = {&*parts.hikvision, &*parts.rtsp_driver},
          .on_event = {},
          .on_login = [&parts](const auto& spec, const auto& facts) { keep_on(*parts.hubs, spec, facts); },
          .refusals = &*parts.refusals},
      fleet_options(settings, descriptors));
  if (auto loaded = parts.fleet->load(); !loaded) return fail(loaded.error());
  parts.gate.emplace(parts.admin, *parts.api_tokens, *parts.tokens, &*parts.fleet);
  const auto registered = parts.fleet->counts().total;
  tell_room(net::room_of(descriptors, net::memory_limit(), registered), descriptors, registered);

  parts.loops.start();
  parts.key_requests.emplace(parts.loops, "key frames");
  parts.hubs.emplace(*parts.fleet, parts.loops, media_settings(settings), hub_hooks(parts));
  parts.live.emplace(parts.loops, *parts.hubs, *parts.gate);
  parts.snapshots.emplace(parts.loops, *parts.hubs,
                          [&fleet = *parts.fleet](model::StreamKey stream, Deadline deadline) {
                            return fleet.snapshot(std::move(stream), deadline);
                          });
  media::RtspSettings rtsp;
  if (settings.udp_viewers) rtsp.udp = &*parts.viewer_ports;
  parts.rtsp_server.emplace(parts.loops, *parts.hubs, *parts.gate, rtsp, tls_policy);
  const auto rtsp_bound = parts.rtsp_server->listen(*rtsp_at, listeners);
  if (!rtsp_bound) return fail(rtsp_bound.error());
  parts.rtsp_at = *rtsp_bound;

  parts.moves.emplace(*parts.fleet);
  auto discovery = discovery_options(settings);
  // One review at a time and one to come, which looks at the list of then.
  discovery.on_list = [&parts](const auto&) {
    parts.reviews.submit([&parts] { parts.moves->review(*parts.discovery->list()); });
  };
  parts.discovery.emplace(parts.loops.pick(), parts.guard, std::move(discovery));
  parts.api.emplace(api::ApiParts{.fleet = *parts.fleet,
                                  .hubs = *parts.hubs,
                                  .live = *parts.live,
                                  .snapshots = *parts.snapshots,
                                  .gate = *parts.gate,
                                  .api_tokens = *parts.api_tokens,
                                  .tokens = *parts.tokens,
                                  .failures = parts.failures,
                                  .blocking = parts.blocking,
                                  .token_thread = parts.token_thread,
                                  .assets = console(),
                                  .rtsp_port = rtsp_bound->port(),
                                  .tls = parts.tls != nullptr,
                                  .public_url = settings.public_url,
                                  .public_rtsp = settings.public_rtsp,
                                  .ready = [&ready = parts.ready] { return ready.load(); },
                                  .backup = [&backups = *parts.backups] { return backups.make(); },
                                  .discovery = &*parts.discovery,
                                  .stream = stream_options(settings),
                                  .proxies = proxies_of(settings)});
  net::HttpLimits limits;
  limits.body_limit = [&api = *parts.api](const auto& head, const auto& target) {
    return api.body_allowed(head, target);
  };
  parts.http_server.emplace(
      parts.loops, [&api = *parts.api](net::HttpExchange& exchange) { return api.handle(exchange); }, limits,
      api::Api::on_bad_request, tls_policy);
  const auto http_bound = parts.http_server->listen(*http_at, listeners);
  if (!http_bound) return fail(http_bound.error());
  parts.http_at = *http_bound;
  // A device must not lead back to ourselves.
  parts.guard.refuse(*rtsp_bound);
  parts.guard.refuse(*http_bound);

  parts.fleet->start();
  parts.discovery->start();
  if (settings.demo > 0)
    if (auto shown = gateway->add_demo(settings.demo); !shown) return fail(shown.error());
  parts.ready = true;
  return gateway;
}

// The simulated devices take the place of those of the last run: their ports are others.
Result<void> Gateway::add_demo(unsigned devices) {
  auto demo = Demo::start(devices, parts_->data_dir.path() / "demo.csv");
  if (!demo) return fail(demo.error());
  parts_->demo.emplace(std::move(*demo));
  auto specs = parts_->demo->devices();
  if (!specs) return fail(specs.error());
  Result<void> result;
  net::block_on(parts_->loops.at(0).executor(), replace_all(*parts_->fleet, std::move(*specs), result));
  return result;
}

net::Task<> Gateway::replace_all(fleet::Fleet& fleet, std::vector<fleet::NewDevice> devices,
                                 Result<void>& result) {
  for (auto& device : devices) {
    auto removing = fleet.remove(device.spec.id);
    const auto removed = co_await std::move(removing);
    if (!removed && removed.error().code != Code::device_unknown) result = fail(removed.error());
    auto adding = fleet.add(std::move(device));
    const auto added = co_await std::move(adding);
    if (!added) result = fail(added.error());
  }
}

std::string Gateway::http() const { return net::to_string(parts_->http_at); }
std::string Gateway::rtsp() const { return net::to_string(parts_->rtsp_at); }
std::string Gateway::login_link() const {
  return (parts_->tls ? "https://" : "http://") + http() +
         "/#token=" + std::string{parts_->admin.secret().reveal()};
}

Result<void> Gateway::apply(const Settings& next, const std::vector<std::string>& keys) {
  const auto changed = [&keys](std::string_view prefix) {
    return std::ranges::any_of(keys, [prefix](const std::string& key) { return key.starts_with(prefix); });
  };
  // What can fail comes first.
  auto guard = guard_of(next, next.demo > 0);
  if (!guard) return fail(guard.error());
  // The files may have changed behind the same names.
  if (parts_->tls && next.tls())
    if (auto reloaded = parts_->tls->reload({next.tls_cert, next.tls_key}); !reloaded) return reloaded;
  if (changed("log.level")) log::set_level(telemetry::parse_level(next.log_level));
  if (changed("hub.")) parts_->hubs->retune(media_settings(next));
  if (changed("allow_devices")) {
    parts_->guard.replace_allowed(*guard);
    end_outside(*parts_->fleet, parts_->guard);
  }
  return {};
}

void Gateway::look() {
  if (parts_->tls) parts_->tls->look();
}

bool Gateway::answers(std::chrono::milliseconds limit) {
  // A loop that answers too late must still find what it counts down.
  const auto left = std::make_shared<std::atomic<std::size_t>>(parts_->loops.size());
  for (std::size_t i = 0; i < parts_->loops.size(); ++i) parts_->loops.at(i).post([left] { --*left; });
  const auto until = std::chrono::steady_clock::now() + limit;
  while (*left > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  return *left == 0;
}

// First whoever asks, then whoever watches, then whoever sends; the loops last.
void Gateway::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  parts_->ready = false;
  if (parts_->api) parts_->api->stop();
  if (parts_->http_server) {
    const auto deadline = std::chrono::steady_clock::now() + kDrain;
    net::block_on(parts_->loops.at(0).executor(), parts_->http_server->drain(deadline));
    parts_->http_server->stop_and_wait();
  }
  if (parts_->snapshots) parts_->snapshots->stop_and_wait();
  if (parts_->key_requests) parts_->key_requests->stop_and_wait();
  if (parts_->hubs) parts_->hubs->stop_and_wait();
  if (parts_->rtsp_server) parts_->rtsp_server->stop_and_wait();
  if (parts_->live) parts_->live->stop_and_wait();
  if (parts_->discovery) parts_->discovery->stop_and_wait();
  if (parts_->fleet) parts_->fleet->stop_and_wait();
  parts_->loops.stop();
  parts_->demo.reset();
}

}  // namespace camfleet::app
