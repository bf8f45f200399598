#include "events/sinks/runner.h"

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "net/within.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRead = 256;      // entries of one look into the ledger
constexpr auto kLook = 30s;             // longest wait for news
constexpr auto kSave = 200ms;           // the cursor is written at most so often
constexpr std::size_t kCareful = 1024;  // entries that may have been on their way when the gateway was killed
constexpr std::uint32_t kFatal = 3;     // gateways that ended over an entry, then it is parked
constexpr unsigned kAlone = 8;          // single failures without a success between them: it is the sink

metrics::Labels label(const std::string& id) { return {{"sink", id}}; }

SteadyTime now() { return std::chrono::steady_clock::now(); }

std::uint64_t seed() {
  std::uint64_t out = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&out), sizeof out});
  return out;
}

}  // namespace

Runner::Runner(RunnerParts parts, net::Executor executor, State state, std::unique_ptr<Client> client)
    : parts_(parts),
      executor_(executor),
      state_(std::move(state)),
      client_(std::move(client)),
      window_(state_.record.cursor, {}),
      room_(executor),
      bell_(executor),
      quiet_(executor),
      backoff_(parts.patience.first, parts.patience.most, Rng{seed()}, parts.patience.first / 4),
      rng_(seed()),
      saved_cursor_(state_.record.cursor),
      saved_delivered_(state_.record.delivered),
      delivered_total_(metrics::counter("camfleet_sink_delivered_total",
                                        "Entries that the sink acknowledged.", label(state_.record.spec.id))),
      retries_total_(metrics::counter("camfleet_sink_retries_total", "Attempts to deliver that ended badly.",
                                      label(state_.record.spec.id))),
      pending_gauge_(metrics::gauge("camfleet_sink_pending", "Entries past the cursor of the sink.",
                                    label(state_.record.spec.id))),
      parked_gauge_(metrics::gauge("camfleet_sink_parked", "Entries that the sink does not take.",
                                   label(state_.record.spec.id))),
      tasks_(executor, "sink " + state_.record.spec.id) {
  show_standing();
  std::erase_if(state_.attempts, [this](const auto& one) { return one.first <= state_.record.cursor; });
  suspects_ = state_.attempts.size();
  careful_left_ = state_.careful ? kCareful : 0;
  count();
}

Runner::~Runner() = default;

void Runner::start() {
  if (!client_) return;
  tasks_.spawn(read());
  tasks_.spawn(pump());
  tasks_.spawn(keep_progress());
}

net::Task<> Runner::stop() {
  co_await tasks_.stop();
  if (client_) co_await client_->stop();
  auto saving = save();
  const auto saved = co_await std::move(saving);
  if (!saved) tell("sink.not_saved", saved.error());
  state_.careful = false;
  state_.attempts.clear();
}

Runner::State Runner::state() const {
  auto out = state_;
  out.record.cursor = window_.cursor();
  return out;
}

bool Runner::takes(const model::LedgerEntry& entry) const {
  return state_.record.spec.filter.takes(entry.device, entry.channel, entry.type, parts_.tags);
}

// One was parked, and the gateway killed before the cursor was written.
bool Runner::is_parked(model::Seq seq) const {
  return std::ranges::binary_search(state_.parked, seq, {}, &model::ParkedEntry::seq);
}

net::Task<> Runner::read() {
  auto after = window_.read();
  if (const auto oldest = parts_.feed.oldest(); after + 1 < oldest) {
    log::error("sink.entries_expired",
               {{"sink", state_.record.spec.id}, {"first", after + 1}, {"next", oldest}});
    after = oldest - 1;
    window_.pass(after);
  }
  for (;;) {
    while (window_.full()) co_await room_.wait();
    auto reading = parts_.feed.read(after, kRead);
    const auto entries = co_await std::move(reading);
    if (!entries) {
      tell("sink.ledger_unreadable", entries.error());
      co_await net::sleep_for(1s);
      continue;
    }
    if (entries->empty()) {
      count();
      co_await parts_.feed.wait_past(after, now() + kLook);
      continue;
    }
    for (const auto& entry : *entries) {
      // Past the bound by less than what one look brings.
      if (takes(*entry) && !is_parked(entry->seq))
        window_.add(entry);
      else
        window_.pass(entry->seq);
      after = entry->seq;
    }
    bell_.set();
  }
}

// How many entries may go out in one more delivery now.
std::size_t Runner::may_send(SteadyTime at) const {
  const auto limits = client_->limits();
  if (at < open_at_) return 0;
  const bool alone = failures_ > 0 || suspects_ > 0;
  if (running_ >= (alone ? 1 : limits.at_once)) return 0;
  return alone ? 1 : limits.batch;
}

net::Task<> Runner::pump() {
  for (;;) {
    const auto at = now();
    while (const auto most = may_send(at)) {
      std::vector<Delivery> batch;
      for (const auto seq : window_.take(at, most)) batch.push_back({window_.at(seq).entry, false, {}});
      if (batch.empty()) break;
      ++running_;
      tasks_.spawn(deliver(std::move(batch)));
    }
    // While nothing may go out, the end of a delivery rings.
    auto until = may_send(at) > 0 ? window_.next_due().value_or(kNever) : kNever;
    if (open_at_ > at) until = open_at_;
    co_await bell_.wait(until);
  }
}

net::Task<> Runner::deliver(std::vector<Delivery> batch) {
  struct Leave {
    Runner& runner;
    ~Leave() {
      --runner.running_;
      runner.bell_.set();
    }
  } leave{*this};
  const bool careful = careful_left_ > 0 || suspects_ > 0;
  careful_left_ -= std::min(careful_left_, batch.size());
  if (careful) {
    auto noting = note_attempts(batch, true);
    if (!co_await std::move(noting)) {
      for (const auto& one : batch) window_.release(one.entry->device, now() + 1s);
      co_return;
    }
  }
  auto delivering = client_->deliver(batch);
  co_await std::move(delivering);
  if (careful) {
    auto noting = note_attempts(batch, false);
    co_await std::move(noting);
  }
  // The entries of a device stand together.
  for (std::size_t first = 0; first < batch.size();) {
    auto last = first + 1;
    while (last < batch.size() && batch[last].entry->device == batch[first].entry->device) ++last;
    auto settling = settle_lane(std::span{batch}.subspan(first, last - first));
    co_await std::move(settling);
    first = last;
  }
  room_.set();
  count();
}

// Written down before they are made, so that an entry that ends the gateway ends it a few times only. False
// where one must not be tried now.
net::Task<bool> Runner::note_attempts(const std::vector<Delivery>& batch, bool begun) {
  const auto id = state_.record.spec.id;
  for (const auto& one : batch) {
    const auto seq = one.entry->seq;
    auto& count = state_.attempts[seq];
    if (begun && count >= kFatal) {
      state_.attempts.erase(seq);
      if (suspects_ > 0) --suspects_;
      Delivery fatal = one;
      fatal.outcome = {Verdict::rejected, Error{Code::sink_failed, "the gateway ended over it, three times"}};
      auto parking = park(fatal, Code::sink_failed);
      co_await std::move(parking);
      co_return false;
    }
    const bool was_suspect = count > 0;
    if (begun) {
      ++count;
      auto writing = parts_.store.attempt(id, seq, count);
      if (const auto written = co_await std::move(writing); !written) {
        tell("sink.not_saved", written.error());
        co_return false;
      }
      continue;
    }
    state_.attempts.erase(seq);
    if (was_suspect && suspects_ > 0) --suspects_;
    // Also of one that was delivered: the cursor may stand before it for long, and the next kill is not its
    // fault.
    auto writing = parts_.store.attempt(id, seq, 0);
    if (const auto written = co_await std::move(writing); !written) tell("sink.not_saved", written.error());
  }
  co_return true;
}

// Up to the first that was not delivered: what follows it must not come before it.
net::Task<> Runner::settle_lane(std::span<Delivery> lane) {
  const auto device = lane.front().entry->device;
  SteadyTime when{};
  for (auto& delivery : lane) {
    if (delivery.outcome.verdict == Verdict::delivered) {
      window_.settle(delivery.entry->seq);
      ++state_.record.delivered;
      delivered_total_.add();
      last_delivery_ = system_clock().wall();
      sink_worked();
      continue;
    }
    auto judging = judge(delivery);
    when = co_await std::move(judging);
    break;
  }
  window_.release(device, when);
}

// What a bad outcome means for the sink and for the entry: when its device may go on.
net::Task<SteadyTime> Runner::judge(const Delivery& delivery) {
  const auto& [verdict, error] = delivery.outcome;
  if (verdict == Verdict::not_tried) co_return SteadyTime{};
  ++retries_;
  retries_total_.add();
  if (verdict == Verdict::sink_failed || verdict == Verdict::throttled || verdict == Verdict::refused) {
    sink_failed(error, verdict == Verdict::refused);
    co_return SteadyTime{};
  }
  auto& slot = window_.at(delivery.entry->seq);
  if (slot.tries++ == 0) slot.delivered_at_failure = state_.record.delivered;
  if (verdict == Verdict::event_failed) {
    if (++lone_failures_ >= kAlone) sink_failed(error, false);
    const bool others = state_.record.delivered > slot.delivered_at_failure;
    if (slot.tries < parts_.patience.lone_tries || !others) co_return pause_of(slot.tries);
  } else if (slot.tries < parts_.patience.tries) {
    co_return pause_of(slot.tries);
  }
  auto parking = park(delivery, error.code);
  co_return co_await std::move(parking);
}

net::Task<SteadyTime> Runner::park(const Delivery& delivery, Code reason) {
  const auto& entry = *delivery.entry;
  if (state_.parked.size() >= kMostParked) {
    sink_failed(Error{Code::sink_rejected, "10000 entries are parked: retry or remove some"}, true);
    co_return SteadyTime{};
  }
  model::ParkedEntry parked{entry.seq,
                            entry.id(),
                            entry.device,
                            reason,
                            delivery.outcome.error.place,
                            std::max(window_.at(entry.seq).tries, 1U),
                            system_clock().wall()};
  auto parking = parts_.store.park(state_.record.spec.id, parked);
  if (const auto written = co_await std::move(parking); !written) {
    tell("sink.not_saved", written.error());
    co_return now() + parts_.patience.first;
  }
  log::warn("sink.parked", {{"sink", state_.record.spec.id},
                            {"event", parked.id},
                            {"device", parked.device.str()},
                            {"code", name(reason)},
                            {"detail", parked.detail}});
  const auto place = std::ranges::lower_bound(state_.parked, parked.seq, {}, &model::ParkedEntry::seq);
  state_.parked.insert(place, std::move(parked));
  window_.settle(entry.seq);
  show_standing();
  co_return SteadyTime{};
}

// Switched off, it holds nothing up.
void Runner::show_standing() const {
  if (parts_.board == nullptr) return;
  const auto& record = state_.record;
  if (!record.spec.enabled) return parts_.board->remove(record.spec.id);
  model::SinkStanding standing{record.spec.id, record.first - 1, window_.cursor(), {}};
  for (const auto& one : state_.parked) standing.parked.push_back(one.seq);
  parts_.board->put(std::move(standing), record.spec.filter);
}

SteadyTime Runner::pause_of(std::uint32_t tries) {
  const auto most =
      std::min(parts_.patience.most, parts_.patience.first * (std::int64_t{1} << std::min(tries, 10U)));
  const auto pause = std::chrono::milliseconds{1 + rng_.below(static_cast<std::uint64_t>(most.count()))};
  return now() + pause;
}

void Runner::sink_failed(const Error& why, bool refused) {
  const auto at = now();
  if (at < open_at_ && refused == refused_) return;  // one of several that failed together
  if (failures_ == 0 || why.code != reason_.code) tell(refused ? "sink.refused" : "sink.failing", why);
  ++failures_;
  refused_ = refused;
  reason_ = why;
  backoff_.set_cap(refused ? parts_.patience.refused : parts_.patience.most);
  std::chrono::milliseconds pause = backoff_.next();
  if (refused) pause = std::max(pause, parts_.patience.refused / 10);
  if (why.retry_after_s > 0)
    pause = std::max<std::chrono::milliseconds>(pause, std::chrono::seconds{why.retry_after_s});
  open_at_ = at + pause;
}

void Runner::sink_worked() {
  lone_failures_ = 0;
  if (failures_ == 0) return;
  log::info("sink.works_again", {{"sink", state_.record.spec.id}, {"attempts", failures_}});
  failures_ = 0;
  refused_ = false;
  reason_ = {};
  open_at_ = {};
  backoff_.reset();
}

net::Task<Result<void>> Runner::save() {
  const auto cursor = window_.cursor();
  const auto delivered = state_.record.delivered;
  if (cursor == saved_cursor_ && delivered == saved_delivered_) co_return Result<void>{};
  auto writing = parts_.store.progress(state_.record.spec.id, cursor, delivered);
  auto written = co_await std::move(writing);
  if (written) {
    saved_cursor_ = cursor;
    if (parts_.board != nullptr) parts_.board->move(state_.record.spec.id, cursor);
    saved_delivered_ = delivered;
  }
  co_return written;
}

net::Task<> Runner::keep_progress() {
  for (;;) {
    co_await net::sleep_for(kSave);
    auto saving = save();
    const auto saved = co_await std::move(saving);
    if (!saved) tell("sink.not_saved", saved.error());
    count();
  }
}

net::Task<Result<void>> Runner::deliver_now(model::LedgerEntryPtr entry, bool replayed) {
  if (!client_) co_return fail(Code::sink_paused, state_.record.spec.id);
  std::vector<Delivery> one;
  one.push_back({std::move(entry), replayed, {}});
  auto delivering = client_->deliver(one);
  co_await std::move(delivering);
  if (one.front().outcome.verdict == Verdict::delivered) co_return Result<void>{};
  co_return fail(one.front().outcome.error);
}

net::Task<Result<void>> Runner::retry_parked(model::Seq seq) {
  const auto found = std::ranges::find(state_.parked, seq, &model::ParkedEntry::seq);
  if (found == state_.parked.end()) co_return fail(Code::events_unknown, "is not parked here");
  auto reading = parts_.feed.read(seq - 1, 1);
  auto entries = co_await std::move(reading);
  if (!entries) co_return fail(entries.error());
  if (entries->empty() || entries->front()->seq != seq)
    co_return fail(Code::events_expired, "no longer in the ledger");
  auto delivering = deliver_now(entries->front(), false);
  if (auto delivered = co_await std::move(delivering); !delivered) co_return delivered;
  ++state_.record.delivered;
  delivered_total_.add();
  auto dropping = drop_parked(seq);
  co_return co_await std::move(dropping);
}

net::Task<Result<void>> Runner::drop_parked(model::Seq seq) {
  const auto is_it = [seq](const model::ParkedEntry& one) { return one.seq == seq; };
  if (std::ranges::none_of(state_.parked, is_it)) co_return fail(Code::events_unknown, "is not parked here");
  auto writing = parts_.store.unpark(state_.record.spec.id, seq);
  if (auto written = co_await std::move(writing); !written) co_return written;
  std::erase_if(state_.parked, is_it);
  show_standing();
  count();
  co_return Result<void>{};
}

Result<void> Runner::replay(model::ReplayWish wish) {
  if (!client_) return fail(Code::sink_paused, state_.record.spec.id);
  if (replay_ && replay_->running) return fail(Code::sink_invalid, "a replay is running");
  replay_ = model::SinkView::Replay{true, 0, 0, 0, parts_.feed.newest()};
  tasks_.spawn(run_replay(std::move(wish)));
  return {};
}

net::Task<> Runner::run_replay(model::ReplayWish wish) {
  const std::chrono::nanoseconds pace = std::chrono::nanoseconds{1s} / std::max(wish.rate, 1U);
  auto due = now();
  auto after = parts_.feed.oldest() - 1;
  while (after < replay_->until) {
    auto reading = parts_.feed.read(after, kRead);
    const auto entries = co_await std::move(reading);
    if (!entries || entries->empty()) break;
    for (const auto& entry : *entries) {
      if (entry->seq > replay_->until) break;
      after = replay_->at = entry->seq;
      if ((wish.from && entry->received < *wish.from) || (wish.to && entry->received >= *wish.to)) continue;
      if (!wish.devices.empty() && std::ranges::find(wish.devices, entry->device) == wish.devices.end())
        continue;
      if (!takes(*entry)) continue;
      due = std::max(due + pace, now() - 100ms);  // a pause is not made up for
      co_await net::sleep_until(due);
      auto delivering = replay_one(entry);
      const bool delivered = co_await std::move(delivering);
      ++(delivered ? replay_->delivered : replay_->failed);
    }
    if (entries->back()->seq > replay_->until) break;
  }
  replay_->running = false;
}

// As patient with a sink that is away as the live side; false where the entry is not taken.
net::Task<bool> Runner::replay_one(const model::LedgerEntryPtr& entry) {
  std::vector<Delivery> one;
  one.push_back({entry, true, {}});
  std::uint32_t tries = 0;
  for (;;) {
    while (now() < open_at_) co_await net::sleep_until(open_at_);
    auto delivering = client_->deliver(one);
    co_await std::move(delivering);
    const auto& [verdict, error] = one.front().outcome;
    if (verdict == Verdict::delivered) {
      sink_worked();
      co_return true;
    }
    if (verdict == Verdict::rejected || verdict == Verdict::event_failed) {
      if (++tries >= parts_.patience.tries) co_return false;
      co_await net::sleep_until(pause_of(tries));
    } else {
      sink_failed(error, verdict == Verdict::refused);
      bell_.set();
    }
  }
}

model::SinkView Runner::view() const {
  model::SinkView out;
  const auto& record = state_.record;
  out.spec = record.spec;
  for (const auto& [name, sealed] : record.sealed) out.secrets.push_back(name);
  out.revision = record.revision;
  out.cursor = window_.cursor();
  out.newest = parts_.feed.newest();
  out.pending = window_.size() + (out.newest - std::min(out.newest, window_.read()));
  out.delivered = record.delivered;
  out.retries = retries_;
  out.parked = state_.parked.size();
  out.last_delivery = last_delivery_;
  out.reason = reason_;
  out.replay = replay_;
  const auto at = now();
  if (state_.broken) {
    out.state = model::SinkState::refused;
    out.reason = state_.broken;
  } else if (!client_)
    out.state = model::SinkState::paused;
  else if (failures_ > 0)
    out.state = refused_ ? model::SinkState::refused : model::SinkState::retrying;
  else
    out.state = out.pending > 0 ? model::SinkState::delivering : model::SinkState::idle;
  if (client_ && failures_ > 0)
    out.next_attempt = system_clock().wall() + std::chrono::duration_cast<std::chrono::microseconds>(
                                                   std::max(open_at_ - at, SteadyTime::duration::zero()));
  return out;
}

void Runner::count() {
  const auto newest = parts_.feed.newest();
  pending_gauge_.set(static_cast<std::int64_t>(window_.size() + newest - std::min(newest, window_.read())));
  parked_gauge_.set(static_cast<std::int64_t>(state_.parked.size()));
}

void Runner::tell(std::string_view event, const Error& why) const {
  log::warn(event, {{"sink", state_.record.spec.id}, {"code", name(why.code)}, {"detail", why.place}});
}

}  // namespace camfleet::events::sinks
