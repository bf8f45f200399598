// Who reads: followers from the newest entries in memory, all others from the files.
#include <algorithm>

#include "events/ledger.h"

namespace camfleet::events {

using model::LedgerEntryPtr;
using model::Seq;

model::LedgerState Ledger::state() const {
  model::LedgerState out;
  out.newest = newest();
  out.oldest = oldest();
  out.queued = queued_.load(std::memory_order_relaxed);
  out.bytes = archive_.bytes();
  out.open = active_.load(std::memory_order_relaxed);
  const auto full = level();
  const std::lock_guard lock{mutex_};
  out.blind = open_blind_.size();
  out.code = wrong_.code;
  out.detail = wrong_.place;
  if (out.code == Code::ok && full > 0.8) out.code = Code::events_congested;
  return out;
}

Seq Ledger::oldest() const {
  const auto oldest = archive_.oldest();
  return oldest != 0 ? oldest : newest() + 1;
}

net::Task<Result<std::vector<LedgerEntryPtr>>> Ledger::read(Seq after, std::size_t limit) {
  {
    const std::lock_guard lock{mutex_};
    if (after >= newest()) co_return std::vector<LedgerEntryPtr>{};
    if (!tail_.empty() && after + 1 >= tail_.front()->seq) {
      const auto from = std::ranges::upper_bound(tail_, after, {}, [](const auto& one) { return one->seq; });
      const auto count = std::min<std::size_t>(limit, static_cast<std::size_t>(tail_.end() - from));
      co_return std::vector<LedgerEntryPtr>{from, from + static_cast<std::ptrdiff_t>(count)};
    }
  }
  auto reading = readers_.run([&archive = archive_, after, limit] { return archive.read(after, limit); });
  co_return co_await std::move(reading);
}

net::Task<> Ledger::wait_past(Seq seq, Deadline deadline) {
  const auto executor = co_await net::asio::this_coro::executor;
  while (newest() <= seq && clock_.steady() < deadline) {
    const auto bell = news_.hang(executor);
    if (newest() > seq) break;
    co_await bell->wait(deadline);
  }
}

net::Task<Result<model::EventPage>> Ledger::list(model::EventQuery query) {
  auto reading =
      readers_.run([&archive = archive_, query = std::move(query)] { return archive.list(query); });
  co_return co_await std::move(reading);
}

net::Task<Result<std::vector<LedgerEntryPtr>>> Ledger::show(std::string event) {
  auto reading =
      readers_.run([&archive = archive_, event = std::move(event)] { return archive.show(event); });
  co_return co_await std::move(reading);
}

net::Task<Result<model::StoredPicture>> Ledger::picture(std::string id) {
  auto reading = readers_.run([&archive = archive_, id = std::move(id)] { return archive.picture(id); });
  co_return co_await std::move(reading);
}

net::Task<Result<std::vector<model::AccountRow>>> Ledger::account(model::EventQuery query,
                                                                  std::vector<Seq> marks) {
  auto reading = readers_.run([&archive = archive_, query = std::move(query), marks = std::move(marks)] {
    return archive.account(query, marks);
  });
  co_return co_await std::move(reading);
}

net::Task<Result<std::vector<model::BlindInterval>>> Ledger::blind(model::BlindQuery query) {
  std::vector<model::BlindInterval> out;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [device, one] : open_blind_) {
      if (!query.devices.empty() && std::ranges::find(query.devices, one.device) == query.devices.end())
        continue;
      if (query.until && one.from >= *query.until) continue;
      if (query.visible && !query.visible(one.device)) continue;
      if (out.size() >= query.limit) break;
      out.push_back(one);
    }
  }
  if (query.open || out.size() >= query.limit) co_return out;
  query.limit -= out.size();
  auto reading =
      readers_.run([&archive = archive_, query = std::move(query)] { return archive.blind(query); });
  auto ended = co_await std::move(reading);
  if (!ended) co_return fail(ended.error());
  out.insert(out.end(), std::make_move_iterator(ended->begin()), std::make_move_iterator(ended->end()));
  co_return out;
}

}  // namespace camfleet::events
