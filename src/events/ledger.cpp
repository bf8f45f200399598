#include "events/ledger.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"
#include "events/identity.h"
#include "events/ledger_items.h"
#include "events/ledger_metrics.h"

namespace camfleet::events {

using model::EventState;
using model::LedgerEntryPtr;
using model::NewEntry;
using model::Seq;

namespace {

constexpr auto kHeardEvery = std::chrono::seconds{5};  // how often what was heard of devices goes to disk
constexpr auto kRetry = std::chrono::seconds{1};
constexpr auto kGiveUp = std::chrono::seconds{5};
constexpr std::size_t kBatchBytes = 8 * 1024 * 1024;

}  // namespace

Ledger::Ledger(model::EventStore& store, model::EventArchive& archive, net::WorkerPool& readers,
               LedgerOptions options, const Clock& clock)
    : store_(store),
      archive_(archive),
      readers_(readers),
      options_(options),
      clock_(clock),
      events_(options.events) {}

Ledger::~Ledger() { stop(); }

Result<void> Ledger::open() {
  auto memory = store_.recover();
  if (!memory) return fail(memory.error());
  newest_ = memory->newest;
  alive_ = memory->alive;
  marks_ = std::move(memory->devices);
  events_.restore(memory->recent, clock_.steady());
  blind_.restore(memory->open_blind);
  // A device that was armed just before the end may have no mark yet.
  for (const auto& entry : memory->recent)
    if (entry.type == kBlindType && entry.state == EventState::end && entry.happened) {
      auto& known = marks_[entry.device.str()];
      known.heard = std::max(known.heard, *entry.happened);
    }
  blind_.show(open_blind_);
  log::info("ledger.open", {{"newest", memory->newest},
                            {"clean", memory->clean},
                            {"events_open", events_.active()},
                            {"devices", marks_.size()}});
  return {};
}

void Ledger::start() {
  next_retention_ = clock_.steady() + kRetry;
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "ledger");
    run();
  }};
}

void Ledger::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  more_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Ledger::Batch Ledger::take(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  more_.wait_for(lock, patience, [this] { return !queue_.empty() || stopping_; });
  Batch batch;
  batch.swap(queue_);
  return batch;
}

void Ledger::run() {
  for (;;) {
    const auto now = clock_.steady();
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(next_tick_ - now);
    const auto before = clock_.wall();
    auto batch = take(std::clamp(patience, std::chrono::milliseconds{0}, options_.tick));
    bool over = false;
    {
      const std::lock_guard lock{mutex_};
      over = stopping_ && batch.empty() && queue_.empty();
    }
    work(std::move(batch));
    // All that came before we looked is on disk by now.
    alive_ = std::max(alive_, before);
    store_.settle();
    if (clock_.steady() >= next_tick_) tick();
    if (over) break;
  }
  next_heard_ = {};
  mark(clock_.wall());
  if (failing_) return;
  if (const auto closed = store_.close(clock_.wall(), marks_); !closed)
    log::warn("ledger.not_closed", {{"what", closed.error().text()}});
}

void Ledger::work(Batch batch) {
  std::vector<NewEntry> entries;
  std::size_t begin = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    bytes += batch[i].bytes;
    handle(batch[i], entries);
    if (entries.size() < options_.batch && bytes < kBatchBytes && i + 1 < batch.size()) continue;
    write(entries);
    entries.clear();
    Batch done{std::make_move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(begin)),
               std::make_move_iterator(batch.begin() + static_cast<std::ptrdiff_t>(i + 1))};
    settle(done);
    begin = i + 1;
    bytes = 0;
  }
}

void Ledger::handle(Item& item, std::vector<NewEntry>& out) {
  const auto& device = item.device->id;
  switch (item.kind) {
    case Item::Kind::report:
      reports_total().add();
      events_.take(std::move(item.event), clock_.steady(), level() > 0.5, out);
      return;
    case Item::Kind::enter: {
      const auto known = marks_.find(device.str());
      blind_.enter(device, known != marks_.end() ? std::optional{known->second.heard} : std::nullopt, item.at,
                   out);
      break;
    }
    case Item::Kind::armed:
      blind_.armed(device, item.at, out);
      break;
    case Item::Kind::blind:
      blind_.blind(device, item.why, item.since, item.at, out);
      break;
    case Item::Kind::moved:
      out.push_back(gateway_entry(device, "camfleet.device", std::string{model::to_text(item.state)},
                                  std::string{name(item.why.code)}));
      return;
    case Item::Kind::gone: {
      blind_.armed(device, item.at, out);
      events_.forget(device);
      marks_.erase(device.str());
      if (const auto done = store_.forget(device.str()); !done)
        log::warn("ledger.not_forgotten", {{"device", device.str()}, {"what", done.error().text()}});
      break;
    }
  }
  blind_changed_ = true;
}

NewEntry Ledger::gateway_entry(const model::DeviceId& device, std::string type, std::string detail,
                               std::string description) const {
  NewEntry out;
  auto& entry = out.entry;
  entry.device = device;
  entry.state = EventState::pulse;
  entry.type = std::move(type);
  entry.detail = std::move(detail);
  entry.description = std::move(description);
  entry.source = model::EventSource::gateway;
  entry.received = clock_.wall();
  entry.happened = entry.started = entry.received;
  entry.count = 1;
  entry.event = event_id({device.str(), true, 0, entry.type, entry.detail, entry.description,
                          std::to_string(entry.received.time_since_epoch().count())});
  out.reports = 0;
  return out;
}

// Until it is on disk. What the disk refuses is tried again; when we are to stop, for some seconds.
void Ledger::write(std::vector<NewEntry>& entries) {
  if (entries.empty()) return;
  std::optional<SteadyTime> give_up;
  for (;;) {
    const auto began = clock_.steady();
    const auto written = store_.append(entries);
    if (written) {
      commit_seconds().observe(std::chrono::duration<double>(clock_.steady() - began).count());
      if (failing_) fail_with({});
      return publish(entries);
    }
    fail_with(written.error());
    std::unique_lock lock{mutex_};
    more_.wait_for(lock, kRetry, [this] { return stopping_; });
    if (!stopping_) continue;
    lock.unlock();
    if (!give_up) give_up = clock_.steady() + kGiveUp;
    if (clock_.steady() > *give_up) {
      log::error("ledger.gave_up", {{"entries", entries.size()}, {"why", written.error().text()}});
      entries.clear();
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

void Ledger::fail_with(const Error& why) {
  {
    const std::lock_guard lock{mutex_};
    if (wrong_.code == why.code) return;
    wrong_ = why;
  }
  failing_ = static_cast<bool>(why);
  failing_gauge().set(why ? 1 : 0);
  if (why)
    log::error("ledger.not_written", {{"code", name(why.code)},
                                      {"detail", why.place},
                                      {"what", "devices are not read until it can be written again"}});
  else
    log::info("ledger.written_again");
}

void Ledger::publish(std::vector<NewEntry>& entries) {
  std::vector<LedgerEntryPtr> gone;  // freed after the lock
  Seq last = 0;
  {
    const std::lock_guard lock{mutex_};
    for (auto& entry : entries) {
      if (entry.entry.seq == 0) {
        known_total().add();
        continue;
      }
      last = entry.entry.seq;
      tail_bytes_ += size_of(entry.entry);
      tail_.push_back(std::make_shared<const model::LedgerEntry>(std::move(entry.entry)));
    }
    while (!tail_.empty() && (tail_.size() > options_.tail || tail_bytes_ > options_.tail_bytes)) {
      tail_bytes_ -= size_of(*tail_.front());
      gone.push_back(std::move(tail_.front()));
      tail_.pop_front();
    }
    if (last != 0) newest_.store(last, std::memory_order_release);
  }
  entries_total().add(entries.size());
  if (last == 0) return;
  news_.ring();
  const std::lock_guard lock{followers_mutex_};
  for (auto* follower : followers_) follower->ring();
}

void Ledger::listen(Bell& bell) {
  const std::lock_guard lock{followers_mutex_};
  followers_.push_back(&bell);
}

void Ledger::silence(Bell& bell) {
  const std::lock_guard lock{followers_mutex_};
  std::erase(followers_, &bell);
}

// These reports are on disk, or said nothing new.
void Ledger::settle(Batch& batch) {
  std::size_t bytes = 0;
  for (auto& item : batch) {
    bytes += item.bytes;
    if (item.kind == Item::Kind::report) item.device->pending.fetch_sub(1, std::memory_order_relaxed);
    if (item.receipt && --item.receipt->left == 0) {
      const auto on = item.receipt->on;
      net::asio::post(on, [receipt = std::move(item.receipt)] { receipt->done.set(); });
    }
  }
  queued_.fetch_sub(batch.size(), std::memory_order_relaxed);
  queued_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  queued_gauge().set(static_cast<std::int64_t>(queued_.load(std::memory_order_relaxed)));
  active_.store(events_.active(), std::memory_order_relaxed);
  if (blind_changed_) show_blind();
  room_.ring();
}

void Ledger::show_blind() {
  blind_changed_ = false;
  for (const auto& [reason, count] : blind_.by_reason())
    metrics::gauge("camfleet_blind_devices", "Devices that could not tell of an alarm now.",
                   {{"reason", std::string{name(reason)}}})
        .set(static_cast<std::int64_t>(count));
  const std::lock_guard lock{mutex_};
  blind_.show(open_blind_);
}

void Ledger::tick() {
  const auto now = clock_.steady();
  next_tick_ = now + options_.tick;
  std::vector<NewEntry> entries;
  events_.expire(
      now, clock_.wall(),
      [this](const std::string& device) {
        const std::lock_guard lock{mutex_};
        const auto found = devices_.find(device);
        return found != devices_.end() && crowded(*found->second);
      },
      entries);
  write(entries);
  active_.store(events_.active(), std::memory_order_relaxed);
  mark(alive_);
  if (now >= next_retention_) {
    next_retention_ = now + options_.retention;
    retain();
  }
}

// What was heard in the last moments may be on its way into the queue: it does not count yet.
void Ledger::mark(WallTime alive) {
  const auto upto = alive - options_.margin;
  std::map<std::string, model::DeviceMark> changed;
  if (clock_.steady() >= next_heard_) {
    next_heard_ = clock_.steady() + kHeardEvery;
    const std::lock_guard lock{mutex_};
    for (const auto& [id, device] : devices_) {
      const auto heard = device->heard.load(std::memory_order_relaxed);
      if (heard == 0) continue;
      const auto at = std::min(WallTime{std::chrono::microseconds{heard}}, upto);
      auto& known = marks_[id];
      if (at <= known.heard) continue;
      known.heard = at;
      changed.emplace(id, known);
    }
  }
  if (const auto done = store_.mark(upto, changed); !done && !failing_)
    log::warn("ledger.not_marked", {{"what", done.error().text()}});
}

void Ledger::retain() {
  auto needed = newest();
  if (const auto* const sinks = sinks_.load(); sinks != nullptr)
    for (const auto& sink : sinks->standings()) needed = std::min(needed, sink.cursor);
  const auto removed = store_.retain(needed, clock_.wall());
  if (!removed) {
    log::warn("ledger.not_removed", {{"what", removed.error().text()}});
    return;
  }
  if (!*removed) return;
  log::info("ledger.removed", {{"up_to", (*removed)->last}, {"undelivered", (*removed)->undelivered}});
  {
    const std::lock_guard lock{mutex_};
    while (!tail_.empty() && tail_.front()->seq <= (*removed)->last) {
      tail_bytes_ -= size_of(*tail_.front());
      tail_.pop_front();
    }
  }
  if ((*removed)->undelivered == 0) return;
  log::error("ledger.removed_undelivered",
             {{"entries", (*removed)->undelivered},
              {"up_to", (*removed)->last},
              {"what", "more room (--events-max-bytes), or a sink that takes events, keeps them"}});
  std::vector<NewEntry> entries;
  BlindBook all;
  const model::DeviceId everyone;
  all.blind(everyone, Error{Code::blind_retention, std::to_string((*removed)->undelivered) + " entries"},
            (*removed)->from, (*removed)->to, entries);
  all.armed(everyone, (*removed)->to, entries);
  for (auto& entry : entries) entry.entry.received = clock_.wall();
  write(entries);
}

}  // namespace camfleet::events
