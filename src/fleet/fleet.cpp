#include "fleet/fleet.h"

#include <algorithm>
#include <cassert>
#include <mutex>

#include "base/log.h"
#include "base/random.h"
#include "fleet/batch.h"
#include "fleet/device.h"
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
      capacity_(options.capacity),
      refusals_(parts_.refusals, *parts_.clock),
      numbers_(std::make_unique<Numbers>()),
      moves_(options.kept_moves),
      context_(std::make_unique<SupervisorContext>(SupervisorContext{
          parts_.store, parts_.secrets, parts_.guard, by_name(parts_.drivers), parts_.on_event,
          parts_.on_login, *parts_.clock, admission_, capacity_, wave_, refusals_, *numbers_, moves_,
          parts_.lessons, options.retry, options.attempt_budget, options.calls, parts_.events})),
      seeds_(seed_from(options.jitter_seed)) {}

Fleet::~Fleet() = default;

std::shared_ptr<Device> Fleet::make(std::shared_ptr<const model::DeviceRecord> record, Code reason) {
  auto& loop = parts_.loops.for_key(record->spec.id.str());
  const auto seed = seeds_.fetch_add(0x9E3779B97F4A7C15, std::memory_order_relaxed);
  return std::make_shared<Device>(*context_, loop, record, reason, Rng{seed});
}

Result<void> Fleet::load() {
  auto records = parts_.store.load();
  if (!records) return fail(records.error());
  std::unordered_map<std::string, model::Lesson> lessons;
  if (parts_.lessons != nullptr) {
    auto known = parts_.lessons->load();
    if (!known) return fail(known.error());
    for (auto& one : *known) lessons.emplace(one.device.str(), std::move(one));
  }
  const std::lock_guard lock{mutex_};
  for (auto& record : *records) {
    if (const auto valid = model::validate(record.spec); !valid) {
      log::error("fleet.device_skipped", {{"device", record.spec.id.str()}, {"what", valid.error().text()}});
      continue;
    }
    auto endpoint = endpoint_of(record.spec);
    const auto id = record.spec.id.str();
    endpoints_.emplace(endpoint, id);
    auto kept = std::make_shared<const model::DeviceRecord>(std::move(record));
    auto device = make(kept, Code::fleet_started);
    if (const auto taught = lessons.find(id); taught != lessons.end())
      device->supervisor.recall(taught->second);
    devices_[id] = Entry{std::move(device), std::move(endpoint), false};
  }
  log::info("fleet.loaded", {{"devices", devices_.size()}});
  return {};
}

void Fleet::start() {
  const std::lock_guard lock{mutex_};
  if (std::exchange(started_, true) || stopping_) return;
  auto& first = parts_.loops.at(0);
  pacing_.emplace(first.executor(), "pace");
  first.post([this, &first] { pacing_->spawn(admission_.pace(first)); });
  for (const auto& [id, entry] : devices_) {
    if (!entry.device || entry.device->status.state() == DeviceState::disabled) continue;
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
  auto stopping = net::run_on_all(
      parts_.loops, [&by_loop](net::Loop& loop) { return stop_all(std::move(by_loop[loop.index()])); });
  co_await std::move(stopping);
  if (pacing_) {
    auto ending = pacing_->stop();
    co_await net::run_on(parts_.loops.at(0).executor(), std::move(ending));
  }
}

void Fleet::stop_and_wait() { net::block_on(parts_.loops.at(0).executor(), stop()); }

std::shared_ptr<Device> Fleet::find(const model::DeviceId& id) const {
  const std::shared_lock lock{mutex_};
  const auto it = devices_.find(id.str());
  return it == devices_.end() || it->second.leaving ? nullptr : it->second.device;
}

// --- changes

net::Task<std::vector<ChangeResult>> Fleet::apply(std::vector<Change> changes, Atomicity atomicity,
                                                  model::ScopePtr scope) {
  Batch batch{*this, std::move(changes), atomicity, false, std::move(scope)};
  auto gathering = batch.gather();
  auto ids = co_await std::move(gathering);
  auto taking = turns_.take(std::move(ids));
  const auto turn = co_await std::move(taking);
  // Whole: run_on keeps our caller's cancellation away from it.
  const net::Executor home = co_await net::asio::this_coro::executor;
  auto running = batch.run();
  co_await net::run_on(home, std::move(running));
  co_return batch.take_results();
}

net::Task<std::vector<ChangeResult>> Fleet::preview(std::vector<Change> changes, Atomicity atomicity,
                                                    model::ScopePtr scope) {
  Batch batch{*this, std::move(changes), atomicity, true, std::move(scope)};
  auto gathering = batch.gather();
  co_await std::move(gathering);
  auto running = batch.run();
  co_await std::move(running);
  co_return batch.take_results();
}

net::Task<ChangeResult> Fleet::apply_one(Change change, model::ScopePtr scope) {
  std::vector<Change> changes;
  changes.push_back(std::move(change));
  auto applying = apply(std::move(changes), Atomicity::all, std::move(scope));
  auto results = co_await std::move(applying);
  co_return std::move(results.front());
}

net::Task<Result<model::DeviceViewPtr>> Fleet::add(NewDevice device, model::ScopePtr scope) {
  auto applying = apply_one(AddDevice{std::move(device)}, std::move(scope));
  auto done = co_await std::move(applying);
  if (!done) co_return fail(done.error());
  co_return std::move(done->device);
}

net::Task<ChangeResult> Fleet::edit(EditDevice edit, model::ScopePtr scope) {
  return apply_one(std::move(edit), std::move(scope));
}

net::Task<Result<void>> Fleet::remove(model::DeviceId id, std::optional<std::uint64_t> if_revision,
                                      model::ScopePtr scope) {
  auto applying = apply_one(RemoveDevice{std::move(id), if_revision}, std::move(scope));
  const auto done = co_await std::move(applying);
  if (!done) co_return fail(done.error());
  co_return Result<void>{};
}

bool Fleet::runs() const {
  const std::shared_lock lock{mutex_};
  return started_ && !stopping_;
}

void Fleet::release(const model::DeviceId& id) {
  const std::lock_guard lock{mutex_};
  const auto it = devices_.find(id.str());
  if (it == devices_.end()) return;
  const auto endpoint = endpoints_.find(it->second.endpoint);
  if (endpoint != endpoints_.end() && endpoint->second == id.str()) endpoints_.erase(endpoint);
  devices_.erase(it);
}

void Fleet::install(std::shared_ptr<Device> device, LogEntry::Kind kind) {
  bool starts = false;
  {
    const std::lock_guard lock{mutex_};
    devices_.at(device->id.str()).device = device;
    starts = started_ && !stopping_ && device->status.state() != DeviceState::disabled;
  }
  device->status.tell(kind);
  if (starts) device->supervisor.start();
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

std::optional<std::uint16_t> Fleet::stream_limit(const model::DeviceId& id) const {
  const auto device = find(id);
  return device ? device->status.stream_limit() : std::nullopt;
}

std::array<std::size_t, model::kDeviceStates> Fleet::states() const {
  std::array<std::size_t, model::kDeviceStates> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = numbers_->in(static_cast<DeviceState>(i));
  return out;
}

FleetCounts Fleet::counts() const {
  FleetCounts out;
  out.states = states();
  for (const auto count : out.states) out.total += count;
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

FleetCounts Fleet::counts(const model::Scope& scope) const {
  FleetCounts out;
  std::map<std::pair<DeviceState, Code>, std::size_t> reasons;
  {
    const std::shared_lock lock{mutex_};
    for (const auto& [id, entry] : devices_) {
      if (!entry.device || entry.leaving) continue;
      const auto& device = *entry.device;
      if (!scope.covers(device.id, device.record()->spec.tags)) continue;
      const auto last = device.status.last();
      ++out.total;
      ++out.states[static_cast<std::size_t>(last.to)];
      if (last.to != DeviceState::online) ++reasons[{last.to, last.reason}];
      if (const auto facts = device.status.facts()) out.channels += facts->channels.size();
    }
  }
  for (const auto& [why, count] : reasons) out.summary.push_back({why.first, why.second, count});
  std::ranges::sort(out.summary, std::ranges::greater{}, &ReasonCount::count);
  return out;
}

bool Fleet::covers(const model::Scope& scope, const model::DeviceId& id) const {
  const auto device = find(id);
  return device && scope.covers(id, device->record()->spec.tags);
}

bool Fleet::has(const model::DeviceId& id, const model::ScopePtr& scope) const {
  return scope ? covers(*scope, id) : find(id) != nullptr;
}

bool Fleet::has_id(const std::string& id) const {
  const std::shared_lock lock{mutex_};
  return devices_.contains(id);
}

bool Fleet::has_endpoint(const std::string& endpoint) const {
  const std::shared_lock lock{mutex_};
  return endpoints_.contains(endpoint);
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

// --- commands

namespace {

net::Task<> give_command(std::shared_ptr<Device> device, PtzCommand command, Deadline deadline,
                         std::shared_ptr<Result<PtzOutcome>> out) {
  auto giving = device->supervisor.ptz(command, deadline);
  *out = co_await std::move(giving);
}

net::Task<> ask_key_frame(std::shared_ptr<Device> device, model::StreamKey key, Deadline deadline,
                          std::shared_ptr<Result<>> out) {
  auto asking = device->supervisor.request_key_frame(key.channel, key.profile, deadline);
  *out = co_await std::move(asking);
}

}  // namespace

net::Task<Result<PtzOutcome>> Fleet::ptz(model::DeviceId id, PtzCommand command, std::string who) {
  auto device = find(id);
  if (!device) co_return unknown(id);
  const auto now = parts_.clock->steady();
  // Whoever floods a camera must not keep others from stopping it.
  const std::string_view kind = command.stops() ? "stop/" : "move/";
  if (!user_commands_.take(std::string{kind} + who, now))
    co_return fail(Error{Code::device_too_many_commands, "by this user", 1});
  if (!device_commands_.take(std::string{kind} + id.str(), now))
    co_return fail(Error{Code::device_too_many_commands, id.str(), 1});
  const auto deadline = system_clock().steady() + options_.calls.call;
  auto out = std::make_shared<Result<PtzOutcome>>(fail(Code::net_cancelled));
  const auto executor = device->loop.executor();
  auto giving = give_command(std::move(device), command, deadline, out);
  co_await net::run_on(executor, std::move(giving));
  co_return std::move(*out);
}

net::Task<Result<>> Fleet::request_key_frame(model::StreamKey key, Deadline deadline) {
  auto device = find(key.device);
  if (!device) co_return unknown(key.device);
  auto out = std::make_shared<Result<>>(fail(Code::net_cancelled));
  const auto executor = device->loop.executor();
  auto asking = ask_key_frame(std::move(device), std::move(key), deadline, out);
  co_await net::run_on(executor, std::move(asking));
  co_return std::move(*out);
}

void Fleet::judge_stream(const model::StreamKey& key, Error why) {
  const auto device = find(key.device);
  if (!device) return;
  assert(device->loop.inside());
  device->supervisor.judge_stream(key.channel, key.profile, std::move(why));
}

}  // namespace camfleet::fleet
