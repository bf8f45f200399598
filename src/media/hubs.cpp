#include "media/hubs.h"

#include <functional>

namespace camfleet::media {
namespace {

SteadyTime now() { return system_clock().steady(); }

}  // namespace

LoopHubs::LoopHubs(Hubs& owner, net::Loop& loop)
    : owner_(owner), settings_(owner.settings_), bell_(loop.executor()), context_{loop.executor(),
                                                                                  owner.source_,
                                                                                  settings_,
                                                                                  owner.starting_,
                                                                                  bell_,
                                                                                  owner.hooks_} {}

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
}

net::Task<> LoopHubs::close() {
  closed_ = true;
  std::vector<Hub*> all;
  all.reserve(hubs_.size());
  for (const auto& [key, hub] : hubs_) all.push_back(hub.get());
  for (Hub* hub : all) hub->close(Error{Code::fleet_stopping, model::to_text(hub->key())});
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
