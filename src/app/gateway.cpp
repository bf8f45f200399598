#include "app/gateway.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "app/allowed_networks.h"
#include "app/console.h"
#include "app/crash_mark.h"
#include "app/gateway_parts.h"
#include "app/part_options.h"
#include "auth/key_check.h"
#include "base/log.h"
#include "net/capacity.h"
#include "net/descriptor_limit.h"
#include "net/memory_limit.h"
#include "telemetry/json_log.h"

namespace camfleet::app {
namespace {

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

// A device that is to stay on is pulled without viewers: the main stream of each of its channels.
void keep_on(media::Hubs& hubs, const model::DeviceSpec& spec, const model::DeviceFacts& facts) {
  for (const auto& channel : facts.channels) {
    const model::StreamKey key{spec.id, channel.number, model::Profile::main};
    if (!spec.always_on && !hubs.stream(key)) continue;  // it never was
    if (const auto kept = hubs.keep(key, spec.always_on); !kept)
      log::warn("media.not_kept", {{"stream", model::to_text(key)}, {"code", name(kept.error().code)}});
  }
}

}  // namespace

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

// Their cursors are known before the ledger may remove anything.
Result<void> Gateway::open_sinks(Parts& parts, const Settings& settings) {
  auto guard = sink_guard_of(settings);
  if (!guard) return fail(guard.error());
  parts.sink_guard.emplace(std::move(*guard));
  auto store = storage::SqliteSinks::open(parts.data_dir.path() / "events" / "sinks.db", parts.sink_thread);
  if (!store) return fail(store.error());
  parts.sink_store = std::move(*store);
  parts.device_tags.emplace(*parts.fleet);
  const bool crashed = take_crash_mark(parts.data_dir.path());
  if (crashed) log::warn("gateway.crashed", {{"what", "the last run ended by a fault of its own"}});
  leave_crash_marks(parts.data_dir.path());
  parts.sinks.emplace(events::sinks::DeskParts{parts.ledger->feed(), *parts.sink_store, parts.sealed,
                                               *parts.sink_guard, &*parts.device_tags, settings.sink_files,
                                               crashed});
  if (auto opened = parts.sinks->open(); !opened) return opened;
  parts.ledger->set_sinks(&parts.sinks->accounts());
  return {};
}

// What devices send by themselves comes in on a port of its own, where nothing else is to be had.
Result<void> Gateway::listen_for_pushes(Parts& parts, const Settings& settings) {
  if (settings.events_listen.empty()) return {};
  const auto at = endpoint_of(settings.events_listen);
  if (!at) return fail(at.error());
  parts.push_senders.emplace(*parts.fleet);
  parts.push_receiver.emplace(*parts.ledger,
                              [&parts](const auto& sender) { return parts.push_senders->find(sender); });
  net::HttpLimits limits;
  limits.body_limit = [](const auto&, const auto&) { return device::PushReceiver::kMostBody; };
  net::ListenerOptions listener;
  listener.limits.total = 256;
  listener.limits.per_address = 32;
  parts.push_server.emplace(
      parts.loops,
      [&receiver = *parts.push_receiver](net::HttpExchange& exchange) { return receiver.handle(exchange); },
      limits);
  const auto bound = parts.push_server->listen(*at, listener);
  if (!bound) return fail(bound.error());
  parts.guard.refuse(*bound);
  log::info("events.listening", {{"at", net::to_string(*bound)}});
  return {};
}

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
  parts.lessons.emplace(path / "lessons", parts.blocking);

  parts.event_files.emplace(path / "events");
  parts.event_store.emplace(*parts.event_files, event_options(settings));
  parts.event_archive.emplace(*parts.event_files);
  parts.ledger.emplace(*parts.event_store, *parts.event_archive, parts.event_readers);
  if (auto opened = parts.ledger->open(); !opened) return fail(opened.error());

  const auto descriptors = net::raise_descriptor_limit();
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
  if (!settings.sdk_dir.empty()) parts.sdk_hosts.emplace(sdk_options(settings));
  parts.sdk_driver.emplace(parts.sdk_hosts ? &*parts.sdk_hosts : nullptr, sdk_driver_options(settings));
  parts.fleet.emplace(
      fleet::FleetParts{
          .loops = parts.loops,
          .store = *parts.registry,
          .secrets = parts.sealed,
          .guard = parts.guard,
          .drivers = {&*parts.hikvision, &*parts.sdk_driver, &*parts.rtsp_driver},
          .on_event = {},
          .on_login = [&parts](const auto& spec, const auto& facts) { keep_on(*parts.hubs, spec, facts); },
          .refusals = &*parts.refusals,
          .events = &*parts.ledger,
          .lessons = &*parts.lessons},
      fleet_options(settings, descriptors));
  if (auto opened = open_sinks(parts, settings); !opened) return fail(opened.error());
  parts.ledger->start();
  if (auto loaded = parts.fleet->load(); !loaded) return fail(loaded.error());
  // Filters ask for the tags of devices.
  parts.sinks->start();
  if (auto declared = parts.sinks->declare(declared_sinks(settings)); !declared)
    return fail(declared.error());
  parts.gate.emplace(parts.admin, *parts.api_tokens, *parts.tokens, &*parts.fleet);
  const auto registered = parts.fleet->counts().total;
  tell_room(net::room_of(descriptors, net::memory_limit(), registered), descriptors, registered);

  parts.loops.start();
  parts.api_loops.start();
  parts.key_requests.emplace(parts.loops, "key frames");
  parts.hubs.emplace(*parts.fleet, parts.loops, media_settings(settings), hub_hooks(parts));
  const auto full = [&lines = parts.lines.emplace(descriptors, *parts.fleet)] {
    return lines.viewers_full();
  };
  media::LiveSettings live;
  live.full = full;
  parts.live.emplace(parts.loops, *parts.hubs, *parts.gate, live);
  parts.snapshots.emplace(parts.loops, *parts.hubs,
                          [&fleet = *parts.fleet](model::StreamKey stream, Deadline deadline) {
                            return fleet.snapshot(std::move(stream), deadline);
                          });
  media::RtspSettings rtsp;
  rtsp.full = full;
  if (settings.udp_viewers) rtsp.udp = &*parts.viewer_ports;
  parts.rtsp_server.emplace(parts.loops, *parts.hubs, *parts.gate, rtsp, tls_policy);
  auto listeners = listener_options(descriptors);
  listeners.line = [&lines = *parts.lines] { return lines.rtsp(); };
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
                                  .flv_codec_12 = settings.live_flv_codec_12,
                                  .ready = [&ready = parts.ready] { return ready.load(); },
                                  .backup = [&backups = *parts.backups] { return backups.make(); },
                                  .discovery = &*parts.discovery,
                                  .sinks = &*parts.sinks,
                                  .events = &*parts.ledger,
                                  .sink_accounts = &parts.sinks->accounts(),
                                  .loops = &parts.api_loops,
                                  .stream = stream_options(settings),
                                  .proxies = proxies_of(settings)});
  net::HttpLimits limits;
  limits.body_limit = [&api = *parts.api](const auto& head, const auto& target) {
    return api.body_allowed(head, target);
  };
  parts.http_server.emplace(
      parts.api_loops, [&api = *parts.api](net::HttpExchange& exchange) { return api.handle(exchange); },
      limits, api::Api::on_bad_request, tls_policy);
  listeners.line = [&lines = *parts.lines] { return lines.api(); };
  const auto http_bound = parts.http_server->listen(*http_at, listeners);
  if (!http_bound) return fail(http_bound.error());
  parts.http_at = *http_bound;
  // A device must not lead back to ourselves.
  parts.guard.refuse(*rtsp_bound);
  parts.guard.refuse(*http_bound);
  parts.sink_guard->refuse(*rtsp_bound);
  parts.sink_guard->refuse(*http_bound);

  if (auto listening = listen_for_pushes(parts, settings); !listening) return fail(listening.error());

  if (parts.sdk_hosts) parts.sdk_hosts->start();
  parts.fleet->start();
  parts.discovery->start();
  if (settings.demo > 0)
    if (auto shown = gateway->add_demo(settings.demo); !shown) return fail(shown.error());
  parts.ready = Code::ok;
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
  if (changed("allow_sinks"))
    if (auto guard_of_sinks = sink_guard_of(next)) parts_->sink_guard->replace_allowed(*guard_of_sinks);
  if (changed("sinks"))
    if (auto declared = parts_->sinks->declare(declared_sinks(next)); !declared) return declared;
  if (changed("allow_devices")) {
    parts_->guard.replace_allowed(*guard);
    end_outside(*parts_->fleet, parts_->guard);
  }
  return {};
}

void Gateway::look() {
  if (parts_->tls) parts_->tls->look();
  if (parts_->trim.due(parts_->fleet->moves().cursor().number, std::chrono::steady_clock::now()))
    MemoryTrim::trim();
}

bool Gateway::answers(std::chrono::milliseconds limit) {
  // A loop that answers too late must still find what it counts down.
  const auto left =
      std::make_shared<std::atomic<std::size_t>>(parts_->loops.size() + parts_->api_loops.size());
  for (auto* loops : {&parts_->loops, &parts_->api_loops})
    for (std::size_t i = 0; i < loops->size(); ++i) loops->at(i).post([left] { --*left; });
  const auto until = std::chrono::steady_clock::now() + limit;
  while (*left > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  return *left == 0;
}

// First whoever asks, then whoever watches, then whoever sends; the loops last.
void Gateway::stop() {
  if (parts_->stopped) return;
  parts_->stopped = true;
  parts_->ready = Code::fleet_stopping;
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
  if (parts_->push_server) parts_->push_server->stop_and_wait();
  if (parts_->fleet) parts_->fleet->stop_and_wait();
  if (parts_->sdk_hosts) parts_->sdk_hosts->stop_and_wait();
  if (parts_->sinks) parts_->sinks->stop_and_wait();
  if (parts_->ledger) parts_->ledger->stop();
  parts_->loops.stop();
  parts_->api_loops.stop();
  parts_->demo.reset();
}

}  // namespace camfleet::app
