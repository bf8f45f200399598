#include "media/hubs.h"

#include <functional>

namespace camfleet::media {
namespace {

SteadyTime now() { return system_clock().steady(); }

}  // namespace

LoopHubs::LoopHubs(Hubs& owner, net::Loop& loop)
    : owner_(owner),
      loop_(loop),
      settings_(owner.settings_),
      bell_(loop.executor()),
      context_{loop.executor(), owner.source_, settings_, owner.starting_, bell_, owner.hooks_} {}

Hub& LoopHubs::hub(const model::StreamKey& key) {
  auto& hub = hubs_[key];
  if (!hub) {
    hub = std::make_unique<Hub>(context_, owner_.enlist(key));
    if (closed_) hub->close(Error{Code::fleet_stopping, model::to_text(key)});
  }
  return *hub;
}

Lease LoopHubs::lease(const model::StreamKey& key) { return Lease{hub(key)}; }

net::Task<Result<Lease>> LoopHubs::open(model::StreamKey key) {
  Lease lease{hub(key)};
  const auto ready = co_await lease->ready();
  if (!ready) co_return fail(ready.error());
  co_return lease;
}

net::Task<Result<Watch>> LoopHubs::watch(model::StreamKey key) {
  const auto loop = owner_.loop_of(key);
  if (!loop) co_return fail(loop.error());
  if (*loop == &loop_) {
    auto opened = co_await open(std::move(key));
    if (!opened) co_return fail(opened.error());
    co_return Watch{std::move(*opened)};
  }
  if (closed_) co_return fail(Code::fleet_stopping, model::to_text(key));
  Watch watch{mirror(key, **loop)};
  auto& mirror = static_cast<Mirror&>(*watch);
  auto waiting = mirror.ready(now() + settings_.start_limit);
  const auto ready = co_await std::move(waiting);
  if (!ready) co_return fail(ready.error());
  co_return watch;
}

std::shared_ptr<Mirror> LoopHubs::mirror(const model::StreamKey& key, net::Loop& from) {
  auto& slot = mirrors_[key];
  if (slot && !slot->over()) return slot;
  auto pipe = std::make_shared<MirrorPipe>(key, from, loop_);
  slot = std::make_shared<Mirror>(owner_.enlist(key), settings_, pipe);
  from.post([&owner = owner_, pipe = std::move(pipe)] {
    auto& tasks = owner.tasks_.on(pipe->from);
    if (tasks.stopping()) return Reflection::tell_end(pipe, Error{Code::fleet_stopping, {}, 0});
    tasks.spawn(reflect(owner.on(pipe->from), pipe));
  });
  return slot;
}

net::Task<> LoopHubs::reflect(LoopHubs& here, std::shared_ptr<MirrorPipe> pipe) {
  const auto opened = co_await here.open(pipe->key);
  if (!opened) {
    Reflection::tell_end(pipe, opened.error());
    co_return;
  }
  Reflection reflection{**opened, pipe, here.settings_};
  co_await reflection.done();
}

const Hub* LoopHubs::find(const model::StreamKey& key) const {
  const auto at = hubs_.find(key);
  return at == hubs_.end() ? nullptr : at->second.get();
}

net::Task<> LoopHubs::run() {
  auto tick = now() + settings_.sweep;
  std::vector<Hub*> unsettled;
  for (;;) {
    co_await bell_.wait(tick);
    unsettled.clear();
    for (const auto& [key, hub] : hubs_) {
      if (hub->unsettled()) unsettled.push_back(hub.get());
    }
    for (Hub* hub : unsettled) co_await hub->settle();  // hubs leave in sweep() alone
    const auto at = now();
    sweep(at);
    if (at >= tick) tick = at + settings_.sweep;
  }
}

void LoopHubs::sweep(SteadyTime at) {
  std::vector<Hub*> all;  // a hub that ends a stream may bring forth another
  all.reserve(hubs_.size());
  for (const auto& [key, hub] : hubs_) all.push_back(hub.get());
  for (Hub* hub : all) hub->sweep(at);
  for (Hub* hub : all) {
    if (!hub->removable(at)) continue;
    const model::StreamKey key = hub->key();
    owner_.strike(key);
    hubs_.erase(key);
  }
  std::erase_if(mirrors_, [&](const auto& entry) {
    return entry.second->idle(at, entry.second->over() ? std::chrono::milliseconds{0} : settings_.linger);
  });
}

net::Task<> LoopHubs::close() {
  closed_ = true;
  std::vector<Hub*> all;
  all.reserve(hubs_.size());
  for (const auto& [key, hub] : hubs_) all.push_back(hub.get());
  for (Hub* hub : all) hub->close(Error{Code::fleet_stopping, model::to_text(hub->key())});
  for (const auto& [key, mirror] : mirrors_) mirror->end(Error{Code::fleet_stopping, model::to_text(key)});
  for (Hub* hub : all) co_await hub->join();
}

Hubs::Hubs(model::StreamSource& source, net::Loops& loops, Settings settings, HubHooks hooks)
    : source_(source), loops_(loops), settings_(settings), hooks_(std::move(hooks)), tasks_(loops, "hubs") {
  for (std::size_t i = 0; i < loops.size(); ++i)
    loops_hubs_.push_back(std::make_unique<LoopHubs>(*this, loops.at(i)));
  for (std::size_t i = 0; i < loops.size(); ++i) {
    net::Loop& loop = loops.at(i);
    loop.post([this, &loop] { tasks_.on(loop).spawn(on(loop).run()); });
  }
}

Hubs::~Hubs() = default;

const Settings& Hubs::settings() const {
  const auto* loop = net::Loop::current();
  const bool ours = loop != nullptr && loop->index() < loops_.size() && &loops_.at(loop->index()) == loop;
  return ours ? loops_hubs_.at(loop->index())->settings_ : settings_;
}

void Hubs::retune(const Settings& settings) {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    net::Loop& loop = loops_.at(i);
    loop.post([this, &loop, settings] { on(loop).settings_ = settings; });
  }
}

Result<> Hubs::keep(const model::StreamKey& key, bool on) {
  const auto loop = loop_of(key);
  if (!loop) return fail(loop.error());
  (*loop)->post([this, loop = *loop, key, on] {
    if (!tasks_.on(*loop).stopping()) this->on(*loop).hub(key).keep(on);
  });
  return {};
}

bool Hubs::mirrored(const model::StreamKey& key) const {
  const auto most = settings().mirror_viewers;
  if (most == 0 || loops_.size() < 2) return false;
  const std::lock_guard lock{mutex_};
  const auto at = cells_.find(key);
  return at != cells_.end() && at->second->viewers.load(std::memory_order_relaxed) >= most;
}

std::vector<StreamStatus> Hubs::streams() const {
  std::vector<StreamStatus> out;
  const std::lock_guard lock{mutex_};
  out.reserve(cells_.size());
  for (const auto& [key, cell] : cells_) out.push_back(cell->read());
  return out;
}

std::optional<StreamStatus> Hubs::stream(const model::StreamKey& key) const {
  const std::lock_guard lock{mutex_};
  const auto at = cells_.find(key);
  if (at == cells_.end()) return std::nullopt;
  return at->second->read();
}

std::shared_ptr<StatusCell> Hubs::enlist(const model::StreamKey& key) {
  const std::lock_guard lock{mutex_};
  auto& cell = cells_[key];
  if (!cell) cell = std::make_shared<StatusCell>(key);
  return cell;
}

void Hubs::strike(const model::StreamKey& key) {
  const std::lock_guard lock{mutex_};
  cells_.erase(key);
}

net::Task<> Hubs::stop() {
  co_await tasks_.stop();
  auto closing = net::run_on_all(loops_, [this](net::Loop& loop) { return on(loop).close(); });
  co_await std::move(closing);
}

void Hubs::stop_and_wait() { net::block_on(loops_.at(0).executor(), stop()); }

}  // namespace camfleet::media
