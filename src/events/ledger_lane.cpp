// Who brings reports, and how long they wait.
#include <algorithm>

#include "events/ledger_items.h"
#include "events/ledger_metrics.h"

namespace camfleet::events {
namespace {

constexpr auto kLookAgain = std::chrono::seconds{1};
constexpr auto kLongWait = std::chrono::seconds{5};  // a device that is not read for so long may drop alarms

}  // namespace

class Ledger::Lane final : public model::EventLane {
 public:
  Lane(Ledger& ledger, std::shared_ptr<OfDevice> device) : ledger_(ledger), device_(std::move(device)) {
    tell(Item::Kind::enter);
  }

  void report(model::Event event) override {
    Item item{.device = device_, .event = std::move(event)};
    item.event.device = device_->id;
    item.bytes = size_of(item.event);
    item.at = ledger_.clock_.wall();
    if (gone_) return;
    device_->pending.fetch_add(1, std::memory_order_relaxed);
    ledger_.push(std::move(item));
  }

  net::Task<bool> room(Deadline deadline) override {
    if (ledger_.crowded(*device_)) {
      if (!waits_since_) {
        waits_total().add();
        waits_since_.emplace(ledger_.clock_.steady(), ledger_.clock_.wall());
      }
      const auto executor = co_await net::asio::this_coro::executor;
      while (ledger_.crowded(*device_)) {
        if (ledger_.clock_.steady() >= deadline) co_return false;
        const auto bell = ledger_.room_.hang(executor);
        if (!ledger_.crowded(*device_)) break;
        co_await bell->wait(std::min(deadline, ledger_.clock_.steady() + kLookAgain));
      }
    }
    if (waits_since_) end_wait();
    co_return true;
  }

  // While it is held back, being heard otherwise says nothing of the alarms that lie unread.
  void heard(WallTime at) override {
    if (waits_since_) return;
    device_->heard.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void armed() override { tell(Item::Kind::armed); }
  void blind(Error why) override {
    Item item{.kind = Item::Kind::blind, .device = device_, .why = std::move(why)};
    item.at = ledger_.clock_.wall();
    const auto heard = device_->heard.load(std::memory_order_relaxed);
    item.since = heard > 0 ? WallTime{std::chrono::microseconds{heard}} : item.at;
    push(std::move(item));
  }
  void moved(model::DeviceState to, const Error& why) override {
    Item item{.kind = Item::Kind::moved, .device = device_, .why = why};
    item.at = ledger_.clock_.wall();
    item.state = to;
    push(std::move(item));
  }
  void gone() override {
    tell(Item::Kind::gone);
    gone_ = true;
    const std::lock_guard lock{ledger_.mutex_};
    const auto found = ledger_.devices_.find(device_->id.str());
    if (found != ledger_.devices_.end() && found->second == device_) ledger_.devices_.erase(found);
  }

 private:
  // A device that was not read for long may have dropped what we did not take.
  void end_wait() {
    const auto [since, since_at] = *std::exchange(waits_since_, std::nullopt);
    if (ledger_.clock_.steady() - since < kLongWait) return;
    Item item{.kind = Item::Kind::blind, .device = device_, .why = Error{Code::blind_congested}};
    item.since = since_at;
    item.at = ledger_.clock_.wall();
    push(std::move(item));
    tell(Item::Kind::armed);
  }
  void push(Item item) {
    if (!gone_) ledger_.push(std::move(item));
  }
  void tell(Item::Kind kind) {
    Item item{.kind = kind, .device = device_};
    item.at = ledger_.clock_.wall();
    push(std::move(item));
  }

  Ledger& ledger_;
  std::shared_ptr<OfDevice> device_;
  std::atomic<bool> gone_{false};
  std::optional<std::pair<SteadyTime, WallTime>> waits_since_;
};

std::unique_ptr<model::EventLane> Ledger::open(const model::DeviceId& device) {
  std::shared_ptr<OfDevice> of;
  {
    const std::lock_guard lock{mutex_};
    auto& slot = devices_[device.str()];
    if (!slot) slot = std::make_shared<OfDevice>(device);
    of = slot;
  }
  return std::make_unique<Lane>(*this, std::move(of));
}

void Ledger::push(Item item) {
  queued_.fetch_add(1, std::memory_order_relaxed);
  queued_bytes_.fetch_add(item.bytes, std::memory_order_relaxed);
  bool first = false;
  {
    const std::lock_guard lock{mutex_};
    first = queue_.empty();
    queue_.push_back(std::move(item));
  }
  if (first) more_.notify_one();
}

double Ledger::level() const {
  const auto part = [](const std::atomic<std::size_t>& is, std::size_t most) {
    return static_cast<double>(is.load(std::memory_order_relaxed)) / static_cast<double>(most);
  };
  return std::max(part(queued_, options_.queued), part(queued_bytes_, options_.queued_bytes));
}

// The fuller the queue, the less one device may have in it: whoever sends most waits first, and a camera that
// sends little never waits for one that stands in the rain.
bool Ledger::crowded(const OfDevice& device) const {
  const auto pending = device.pending.load(std::memory_order_relaxed);
  if (failing_.load(std::memory_order_relaxed)) return pending > 0;
  const auto full = level();
  if (full < 0.5) return pending > 1'024;
  if (full < 0.8) return pending > 256;
  if (full < 0.95) return pending > 32;
  return pending > 0 || full > 1.5;
}

net::Task<Result<void>> Ledger::commit(std::vector<model::Event> events) {
  if (failing_.load(std::memory_order_relaxed)) co_return fail(state().code);
  if (level() > 0.8) co_return fail(Error{Code::events_congested, {}, 5});
  if (events.empty()) co_return Result<void>{};
  const auto executor = co_await net::asio::this_coro::executor;
  const auto receipt = std::make_shared<Receipt>(executor, events.size());
  for (auto& event : events) {
    Item item{.event = std::move(event)};
    {
      const std::lock_guard lock{mutex_};
      const auto found = devices_.find(item.event.device.str());
      if (found != devices_.end()) item.device = found->second;
    }
    if (!item.device) item.device = std::make_shared<OfDevice>(item.event.device);
    item.bytes = size_of(item.event);
    item.at = clock_.wall();
    item.receipt = receipt;
    item.device->pending.fetch_add(1, std::memory_order_relaxed);
    push(std::move(item));
  }
  co_await receipt->done.wait();
  co_return Result<void>{};
}

}  // namespace camfleet::events
