#pragma once
// A ledger, a store and a client in memory, for tests of sinks.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "events/sinks/client.h"
#include "model/sink.h"
#include "net/within.h"

namespace camfleet::events::sinks::testing {

inline model::LedgerEntryPtr entry(model::Seq seq, const std::string& device,
                                   const std::string& type = "vmd") {
  auto out = std::make_shared<model::LedgerEntry>();
  out->seq = seq;
  out->event = "e" + std::to_string(seq);
  out->state = model::EventState::pulse;
  out->device = model::DeviceId{device};
  out->channel = 1;
  out->type = type;
  out->started = out->received =
      WallTime{std::chrono::seconds{1'764'000'000 + static_cast<std::int64_t>(seq)}};
  out->count = 1;
  return out;
}

// Thread-safe; wait_past looks every few milliseconds.
class FakeFeed final : public model::LedgerFeed {
 public:
  model::Seq newest() const override {
    const std::lock_guard lock{mutex_};
    return entries_.empty() ? before_ : entries_.back()->seq;
  }
  model::Seq oldest() const override {
    const std::lock_guard lock{mutex_};
    return entries_.empty() ? before_ + 1 : entries_.front()->seq;
  }
  net::Task<Result<std::vector<model::LedgerEntryPtr>>> read(model::Seq after, std::size_t limit) override {
    std::vector<model::LedgerEntryPtr> out;
    const std::lock_guard lock{mutex_};
    for (const auto& one : entries_)
      if (one->seq > after && out.size() < limit) out.push_back(one);
    co_return out;
  }
  net::Task<> wait_past(model::Seq seq, Deadline deadline) override {
    while (newest() <= seq && std::chrono::steady_clock::now() < deadline)
      co_await net::sleep_for(std::chrono::milliseconds{2});
  }

  model::Seq add(const std::string& device, const std::string& type = "vmd") {
    const std::lock_guard lock{mutex_};
    const auto seq = (entries_.empty() ? before_ : entries_.back()->seq) + 1;
    entries_.push_back(entry(seq, device, type));
    return seq;
  }
  void expire_to(model::Seq seq) {
    const std::lock_guard lock{mutex_};
    std::erase_if(entries_, [seq](const auto& one) { return one->seq <= seq; });
    before_ = std::max(before_, seq);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<model::LedgerEntryPtr> entries_;
  model::Seq before_ = 0;
};

// Remembers what a disk would; `broken` makes every call fail.
class FakeStore final : public model::SinkStore {
 public:
  Result<Loaded> load() override {
    const std::lock_guard lock{mutex};
    auto out = kept;
    out.sinks.clear();
    for (const auto& [id, record] : records) out.sinks.push_back(record);
    out.clean = stopped;
    stopped = false;
    return out;
  }
  net::Task<Result<void>> put(model::SinkRecord record) override {
    return with([this, &record] {
      auto& kept_record = records[record.spec.id];
      const auto cursor = kept_record.cursor;
      const bool is_new = kept_record.spec.id.empty();
      kept_record = record;
      if (!is_new) kept_record.cursor = cursor;
    });
  }
  net::Task<Result<void>> remove(std::string id) override {
    return with([&] { records.erase(id); });
  }
  net::Task<Result<void>> progress(std::string id, model::Seq cursor, std::uint64_t delivered) override {
    return with([&] {
      if (!records.contains(id)) return;
      records[id].cursor = cursor;
      records[id].delivered = delivered;
    });
  }
  net::Task<Result<void>> attempt(std::string id, model::Seq seq, std::uint32_t count) override {
    return with([&] {
      if (count == 0)
        kept.attempts[id].erase(seq);
      else
        kept.attempts[id][seq] = count;
    });
  }
  net::Task<Result<void>> park(std::string id, model::ParkedEntry entry) override {
    return with([&] { kept.parked[id].push_back(entry); });
  }
  net::Task<Result<void>> unpark(std::string id, model::Seq seq) override {
    return with([&] { std::erase_if(kept.parked[id], [&](const auto& one) { return one.seq == seq; }); });
  }
  net::Task<Result<void>> mark_stopped() override {
    return with([&] { stopped = true; });
  }

  std::mutex mutex;
  std::map<std::string, model::SinkRecord> records;
  Loaded kept;
  bool stopped = true;
  std::atomic<bool> broken{false};

 private:
  // At once: the arguments live in the caller's frame.
  template <class F>
  net::Task<Result<void>> with(F change) {
    Result<void> out;
    if (broken)
      out = fail(Code::storage_failed, "the test says so");
    else {
      const std::lock_guard lock{mutex};
      change();
    }
    return answer(std::move(out));
  }
  static net::Task<Result<void>> answer(Result<void> out) { co_return out; }
};

// What was delivered, in order; `says` decides about each attempt.
class FakeClient final : public Client {
 public:
  struct Log {
    std::vector<model::Seq> delivered;
    std::vector<model::Seq> tried;
    std::function<Outcome(const Delivery&)> says;
    Limits limits{4, 1};
    std::chrono::milliseconds takes{0};
    std::size_t running = 0;
    std::size_t most_running = 0;
  };
  explicit FakeClient(Log& log) : log_(log) {}
  Limits limits() const override { return log_.limits; }
  net::Task<> deliver(std::span<Delivery> batch) override {
    struct Leave {
      Log& log;
      ~Leave() { --log.running; }
    } leave{log_};
    log_.most_running = std::max(log_.most_running, ++log_.running);
    co_await net::sleep_for(log_.takes);
    std::set<model::DeviceId> failed;  // what comes behind must not come before
    for (auto& one : batch) {
      if (failed.contains(one.entry->device)) continue;
      log_.tried.push_back(one.entry->seq);
      one.outcome = log_.says ? log_.says(one) : Outcome{Verdict::delivered, {}};
      if (one.outcome.verdict == Verdict::delivered)
        log_.delivered.push_back(one.entry->seq);
      else
        failed.insert(one.entry->device);
    }
  }
  net::Task<> stop() override { co_return; }

 private:
  Log& log_;
};

}  // namespace camfleet::events::sinks::testing
