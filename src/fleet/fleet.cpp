#include "fleet/fleet.h"

#include <algorithm>
#include <cassert>
#include <mutex>

#include "base/log.h"
#include "base/random.h"
#include "fleet/device.h"
#include "fleet/sealed_password.h"
#include "net/loop_groups.h"

namespace camfleet::fleet {
namespace {

std::unordered_map<std::string, model::Driver*> by_name(const std::vector<model::Driver*>& drivers) {
  std::unordered_map<std::string, model::Driver*> out;
  for (auto* driver : drivers) out.emplace(driver->name(), driver);
  return out;
}

std::uint64_t seed_from(std::uint64_t given) {
  if (given != 0) return given;
  std::array<std::uint8_t, sizeof given> bytes{};
  random_bytes(bytes);
  for (const auto byte : bytes) given = given << 8 | byte;
  return given;
}

std::unexpected<Error> unknown(const model::DeviceId& id) { return fail(Code::device_unknown, id.str()); }

}  // namespace

Fleet::Fleet(FleetParts parts, FleetOptions options)
    : parts_(std::move(parts)),
      options_(options),
      admission_(options.admission, *parts_.clock),
      numbers_(std::make_unique<Numbers>()),
      context_(std::make_unique<SupervisorContext>(SupervisorContext{
          parts_.store, parts_.secrets, parts_.guard, by_name(parts_.drivers), parts_.on_event,
          parts_.on_login, *parts_.clock, admission_, *numbers_, options.retry, options.attempt_budget})),
      seeds_(seed_from(options.jitter_seed)) {}

Fleet::~Fleet() = default;

std::shared_ptr<Device> Fleet::make(model::DeviceRecord record, Code reason) {
  auto& loop = parts_.loops.for_key(record.spec.id.str());
  const auto seed = seeds_.fetch_add(0x9E3779B97F4A7C15, std::memory_order_relaxed);
  return std::make_shared<Device>(*context_, loop, std::move(record), reason, Rng{seed});
}

Result<void> Fleet::load() {
  auto records = parts_.store.load();
  if (!records) return fail(records.error());
  const std::lock_guard lock{mutex_};
  for (auto& record : *records) {
    if (const auto valid = model::validate(record.spec); !valid) {
      log::error("fleet.device_skipped", {{"device", record.spec.id.str()}, {"what", valid.error().text()}});
      continue;
    }
    auto endpoint = endpoint_of(record.spec);
    const auto id = record.spec.id.str();
    endpoints_.emplace(endpoint, id);
    devices_[id] = Entry{make(std::move(record), Code::fleet_started), std::move(endpoint), false};
  }
  log::info("fleet.loaded", {{"devices", devices_.size()}});
  return {};
}

void Fleet::start() {
  const std::lock_guard lock{mutex_};
  if (std::exchange(started_, true) || stopping_) return;
  std::size_t places = options_.max_devices;
  for (const auto& [id, entry] : devices_) {
    if (!entry.device || entry.device->status.state() == DeviceState::disabled) continue;
    if (places == 0) {
      entry.device->status.amend({Code::fleet_full, std::to_string(options_.max_devices) + " devices", 0});
      continue;
    }
    --places;
    entry.device->loop.post([device = entry.device] { device->supervisor.start(); });
  }
}

namespace {

net::Task<> stop_all(std::vector<std::shared_ptr<Device>> devices) {
  const Error why{Code::fleet_stopping};
  for (const auto& device : devices) device->supervisor.begin_stop(why);
  for (const auto& device : devices) {
    auto stopping = device->supervisor.stop(why);
    co_await std::move(stopping);
  }
}

}  // namespace

net::Task<> Fleet::stop() {
  std::vector<std::vector<std::shared_ptr<Device>>> by_loop(parts_.loops.size());
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (const auto& [id, entry] : devices_)
      if (entry.device) by_loop[entry.device->loop.index()].push_back(entry.device);
  }
  for (std::size_t i = 0; i < by_loop.size(); ++i) {
    auto stopping = stop_all(std::move(by_loop[i]));
    co_await net::run_on(parts_.loops.at(i).executor(), std::move(stopping));
  }
}

void Fleet::stop_and_wait() { net::block_on(parts_.loops.at(0).executor(), stop()); }

std::shared_ptr<Device> Fleet::find(const model::DeviceId& id) const {
  const std::shared_lock lock{mutex_};
  const auto it = devices_.find(id.str());
  return it == devices_.end() || it->second.leaving ? nullptr : it->second.device;
}

// --- changes

Result<void> Fleet::reserve(model::DeviceSpec& spec) {
  const std::lock_guard lock{mutex_};
  if (stopping_) return fail(Code::fleet_stopping);
  if (devices_.size() >= options_.max_devices)
    return fail(Code::fleet_full, std::to_string(options_.max_devices) + " devices");
  if (spec.id.empty()) {
    auto base = slug(spec.name);
    if (base.empty()) base = slug(spec.address);
    if (base.empty()) base = "device";
    auto id = base;
    for (std::size_t n = 2; devices_.contains(id); ++n) id = base + '-' + std::to_string(n);
    spec.id = model::DeviceId{std::move(id)};
  } else if (devices_.contains(spec.id.str())) {
    return fail(Code::device_exists, "id: " + spec.id.str());
  }
  auto endpoint = endpoint_of(spec);
  const auto [it, fresh] = endpoints_.emplace(endpoint, spec.id.str());
  if (!fresh) return fail(Code::device_exists, "address: this is device " + it->second);
  devices_[spec.id.str()] = Entry{nullptr, std::move(endpoint), false};
  return {};
}

void Fleet::release(const model::DeviceId& id) {
  const std::lock_guard lock{mutex_};
  const auto it = devices_.find(id.str());
  if (it == devices_.end()) return;
  const auto endpoint = endpoints_.find(it->second.endpoint);
  if (endpoint != endpoints_.end() && endpoint->second == id.str()) endpoints_.erase(endpoint);
  devices_.erase(it);
}

void Fleet::install(std::shared_ptr<Device> device) {
  bool starts = false;
  {
    const std::lock_guard lock{mutex_};
    auto& entry = devices_.at(device->spec().id.str());
    entry.leaving = false;
    entry.device = device;
    starts = started_ && !stopping_ && device->status.state() != DeviceState::disabled;
  }
  if (starts) device->supervisor.start();
}

net::Task<Result<model::DeviceViewPtr>> Fleet::add(NewDevice device) {
  const auto ready = prepare(device, context_->drivers, parts_.guard);
  if (!ready) co_return fail(ready.error());
  const auto reserved = reserve(device.spec);
  if (!reserved) co_return fail(reserved.error());
  model::DeviceRecord record;
  record.spec = std::move(device.spec);
  if (!device.password.empty())
    record.sealed_password = parts_.secrets.seal(device.password, password_context(record.spec.id));
  // On the device's loop, and whole: run_on keeps our caller's cancellation away from it.
  Result<model::DeviceViewPtr> out;
  auto& loop = parts_.loops.for_key(record.spec.id.str());
  auto adding = add_on_loop(std::move(record), out);
  co_await net::run_on(loop.executor(), std::move(adding));
  co_return out;
}

net::Task<> Fleet::add_on_loop(model::DeviceRecord record, Result<model::DeviceViewPtr>& out) {
  const auto id = record.spec.id;
  auto put = parts_.store.put(record);
  const auto stored = co_await std::move(put);
  if (!stored) {
    release(id);
    out = fail(stored.error());
    co_return;
  }
  auto device = make(std::move(record), Code::fleet_added);
  out = device->view(true);
  install(std::move(device));
  log::info("fleet.device_added", {{"device", id.str()}});
}

net::Task<Result<void>> Fleet::remove(model::DeviceId id) {
  std::shared_ptr<Device> device;
  {
    const std::lock_guard lock{mutex_};
    const auto it = devices_.find(id.str());
    if (it == devices_.end() || it->second.leaving || !it->second.device) co_return unknown(id);
    it->second.leaving = true;
    device = it->second.device;
  }
  Result<void> out;
  const auto executor = device->loop.executor();
  auto removing = remove_on_loop(std::move(device), out);
  co_await net::run_on(executor, std::move(removing));
  co_return out;
}

net::Task<> Fleet::remove_on_loop(std::shared_ptr<Device> device, Result<void>& out) {
  const auto id = device->spec().id;
  auto stopping = device->supervisor.stop(Error{Code::device_unknown, id.str() + ": removed"});
  co_await std::move(stopping);
  auto removing = parts_.store.remove(id);
  out = co_await std::move(removing);
  if (out) {
    release(id);
    log::info("fleet.device_removed", {{"device", id.str()}});
  } else {
    install(make(device->supervisor.record(), Code::fleet_started));
  }
}

Result<void> Fleet::reconnect(const model::DeviceId& id, bool accept_identity) {
  const auto device = find(id);
  if (!device) return unknown(id);
  if (device->status.state() == DeviceState::disabled) return fail(Code::device_disabled, id.str());
  device->loop.post([device, accept_identity] { device->supervisor.reconnect(accept_identity); });
  return {};
}

// --- reads

Result<model::DeviceViewPtr> Fleet::show(const model::DeviceId& id) const {
  const auto device = find(id);
  if (!device) return unknown(id);
  return device->view(true);
}

Result<DevicePage> Fleet::list(const DeviceQuery& query) const {
  if (!query.cursor.empty() && !model::parse_device_id(query.cursor))
    return fail(Code::api_bad_request, "cursor: not one of ours");
  const auto limit = std::clamp<std::size_t>(query.limit, 1, 1'000);
  std::vector<std::shared_ptr<Device>> found;
  bool more = false;
  {
    const std::shared_lock lock{mutex_};
    for (auto it = devices_.upper_bound(query.cursor); it != devices_.end(); ++it) {
      const auto& device = it->second.device;
      if (!device || it->second.leaving || (query.state && device->status.state() != *query.state)) continue;
      if (found.size() == limit) {
        more = true;
        break;
      }
      found.push_back(device);
    }
  }
  DevicePage page;
  page.items.reserve(found.size());
  for (const auto& device : found) page.items.push_back(device->view(false));
  if (more) page.next = found.back()->spec().id.str();
  return page;
}

FleetCounts Fleet::counts() const {
  FleetCounts out;
  for (std::size_t i = 0; i < out.states.size(); ++i) {
    out.states[i] = numbers_->in(static_cast<DeviceState>(i));
    out.total += out.states[i];
  }
  out.channels = numbers_->channels();
  for (std::size_t i = 0; i < out.states.size(); ++i) {
    const auto state = static_cast<DeviceState>(i);
    if (state == DeviceState::online || out.states[i] == 0) continue;
    for (std::size_t code = 0; code < kCodes; ++code)
      if (const auto count = numbers_->in(state, static_cast<Code>(code)); count != 0)
        out.summary.push_back({state, static_cast<Code>(code), count});
  }
  std::ranges::sort(out.summary, std::ranges::greater{}, &ReasonCount::count);
  return out;
}

// --- streams and pictures

Result<net::Loop*> Fleet::loop_of(const model::DeviceId& id) {
  const auto device = find(id);
  if (!device) return unknown(id);
  return &device->loop;
}

net::Task<Error> Fleet::pull(model::StreamKey key, model::Publisher& to) {
  const auto device = find(key.device);
  if (!device) co_return Error{Code::device_unknown, key.device.str()};
  assert(device->loop.inside());
  auto pulling = device->supervisor.pull(key.channel, key.profile, to);
  co_return co_await std::move(pulling);
}

namespace {

net::Task<> take_picture(std::shared_ptr<Device> device, model::StreamKey key, Deadline deadline,
                         std::shared_ptr<Result<model::Picture>> out) {
  auto taking = device->supervisor.snapshot(key.channel, key.profile, deadline);
  *out = co_await std::move(taking);
}

}  // namespace

net::Task<Result<model::Picture>> Fleet::snapshot(model::StreamKey key, Deadline deadline) {
  auto device = find(key.device);
  if (!device) co_return unknown(key.device);
  auto out = std::make_shared<Result<model::Picture>>(fail(Code::net_cancelled));
  const auto executor = device->loop.executor();
  auto taking = take_picture(std::move(device), std::move(key), deadline, out);
  co_await net::run_on(executor, std::move(taking));
  co_return std::move(*out);
}

}  // namespace camfleet::fleet
