#include "events/sinks/desk.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "events/sinks/dapr.h"
#include "events/sinks/file_sink.h"
#include "events/sinks/kafka.h"
#include "events/sinks/mqtt.h"
#include "events/sinks/webhook.h"
#include "net/loop_groups.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;  // for the turn of a sink that is being changed

template <class T>
net::Task<> keep(net::Task<Result<T>> task, std::optional<Result<T>>& out) {
  out.emplace(co_await std::move(task));
}

std::string context_of(const std::string& sink, std::string_view setting) {
  return "sink/" + sink + '/' + std::string{setting};
}

bool is_secret(model::SinkKind kind, std::string_view name) {
  return std::ranges::any_of(model::settings_of(kind),
                             [name](const auto& one) { return one.name == name && one.secret; });
}

Result<void> check_revision(const model::SinkRecord& record, std::optional<std::uint64_t> wanted) {
  if (!wanted || *wanted == record.revision) return {};
  return fail(Code::api_precondition_failed, "revision: is " + std::to_string(record.revision) + " by now");
}

Error foreign() {
  return Error{Code::sink_invalid, "is declared in the configuration file, and changed there"};
}

model::LedgerEntryPtr test_entry() {
  auto entry = std::make_shared<model::LedgerEntry>();
  entry->event = "test" + random_hex(11);
  entry->type = "camfleet.test";
  entry->source = model::EventSource::gateway;
  entry->description = "A test of this sink.";
  entry->started = entry->received = system_clock().wall();
  entry->count = 1;
  return entry;
}

}  // namespace

Desk::Desk(DeskParts parts) : parts_(std::move(parts)), board_(parts_.tags) {}
Desk::~Desk() { stop_and_wait(); }

Result<void> Desk::open() {
  auto loaded = parts_.store.load();
  if (!loaded) return fail(loaded.error());
  loaded_ = std::move(*loaded);
  for (const auto& record : loaded_.sinks) {
    if (!record.spec.enabled) continue;
    board_.put({record.spec.id, record.first - 1, record.cursor, {}}, record.spec.filter);
  }
  return {};
}

void Desk::start() {
  loops_.start();
  started_ = true;
  net::block_on(loops_.at(0).executor(), load(std::move(loaded_)));
}

net::Task<> Desk::load(model::SinkStore::Loaded loaded) {
  for (auto& record : loaded.sinks) {
    const auto id = record.spec.id;
    auto client = client_of(record);
    auto attempts = std::move(loaded.attempts[id]);
    // Who was killed from outside was not ended by what he was about to deliver.
    if (!parts_.crashed)
      for (const auto& [seq, count] : std::exchange(attempts, {})) {
        auto forgetting = parts_.store.attempt(id, seq, 0);
        if (const auto done = co_await std::move(forgetting); !done)
          log::warn("sink.not_saved", {{"sink", id}, {"detail", done.error().place}});
      }
    Runner::State state{
        std::move(record), std::move(loaded.parked[id]), std::move(attempts), parts_.crashed, {}};
    if (!client) {
      log::error("sink.unusable",
                 {{"sink", id}, {"code", name(client.error().code)}, {"detail", client.error().place}});
      state.broken = client.error();
    }
    auto entry = std::make_shared<Entry>(loops_.at(0).executor());
    entry->runner = runner_of(std::move(state), client ? std::move(*client) : nullptr);
    entries_.emplace(id, std::move(entry));
  }
  co_return;
}

void Desk::stop_and_wait() {
  if (!started_) return;
  started_ = false;
  net::block_on(loops_.at(0).executor(), stop_all());
  loops_.stop();
}

net::Task<> Desk::stop_all() {
  for (auto& [id, entry] : entries_) {
    if (!entry->runner) continue;
    auto stopping = entry->runner->stop();
    co_await std::move(stopping);
  }
  entries_.clear();
  auto marking = parts_.store.mark_stopped();
  if (const auto marked = co_await std::move(marking); !marked)
    log::warn("sink.not_saved", {{"code", name(marked.error().code)}, {"detail", marked.error().place}});
}

Result<void> Desk::declare(std::vector<model::SinkWish> wishes) {
  Result<void> result;
  net::block_on(loops_.at(0).executor(), declare_all(std::move(wishes), result));
  return result;
}

net::Task<> Desk::declare_all(std::vector<model::SinkWish> wishes, Result<void>& result) {
  std::vector<std::string> named;
  for (auto& wish : wishes) {
    const auto id = wish.id;
    named.push_back(id);
    const auto there = entries_.find(id);
    // A sink of the API that has the name of a declared one becomes that.
    auto changing = there == entries_.end() ? add_here(std::move(wish), true)
                                            : edit_here(std::move(wish), std::nullopt, true);
    if (const auto changed = co_await std::move(changing); !changed) {
      result = fail(changed.error().code, id + ": " + changed.error().place);
      co_return;
    }
  }
  std::vector<std::string> left;
  for (const auto& [id, entry] : entries_)
    if (const auto spec = entry->runner->view().spec;
        spec.declared && spec.enabled && std::ranges::find(named, id) == named.end())
      left.push_back(id);
  for (const auto& id : left) {
    log::info("sink.no_longer_declared", {{"sink", id}});
    model::SinkWish off;
    off.id = id;
    off.enabled = false;
    auto changing = edit_here(std::move(off), std::nullopt, true);
    if (const auto changed = co_await std::move(changing); !changed) result = fail(changed.error());
  }
}

// The wish into the record; its secrets are sealed and wiped.
Result<void> Desk::apply(model::SinkWish& wish, model::SinkRecord& record) const {
  auto& spec = record.spec;
  if (wish.kind && *wish.kind != spec.kind) return fail(Code::sink_invalid, "kind: never changes");
  if (wish.enabled) spec.enabled = *wish.enabled;
  if (wish.paused) spec.paused = *wish.paused;
  if (wish.filter) spec.filter = std::move(*wish.filter);
  for (auto& [name, value] : wish.settings) {
    if (!is_secret(spec.kind, name)) {
      if (value)
        spec.settings[name] = *value;
      else
        spec.settings.erase(name);
    } else if (!value) {
      record.sealed.erase(name);
    } else if (!value->empty()) {  // an empty one means unchanged, as a device's password
      if (value->size() > 1024) return fail(Code::sink_invalid, name + ": wants at most 1024 bytes");
      Secret plain{*value};
      wipe(*value);
      record.sealed[name] = parts_.secrets.seal(plain, context_of(spec.id, name));
    }
  }
  return model::check(spec);
}

Result<std::unique_ptr<Client>> Desk::client_of(const model::SinkRecord& record) {
  const auto& spec = record.spec;
  const auto secret = [&](std::string_view name) -> Result<Secret> {
    const auto sealed = record.sealed.find(name);
    if (sealed == record.sealed.end()) return Secret{};
    return parts_.secrets.open(sealed->second, context_of(spec.id, name));
  };
  if (!spec.enabled || spec.paused) return std::unique_ptr<Client>{};
  std::map<std::string_view, Secret> secrets;
  for (const auto& setting : model::settings_of(spec.kind)) {
    if (!setting.secret) continue;
    auto opened = secret(setting.name);
    if (!opened) return fail(opened.error());
    secrets.emplace(setting.name, std::move(*opened));
  }
  switch (spec.kind) {
    case model::SinkKind::webhook:
      return Webhook::make(spec, std::move(secrets["secret"]), std::move(secrets["token"]), parts_.guard);
    case model::SinkKind::file:
      return FileSink::make(spec, parts_.files, file_thread_);
    case model::SinkKind::mqtt:
      return Mqtt::make(spec, std::move(secrets["password"]), parts_.guard, closers_);
    case model::SinkKind::kafka:
      return Kafka::make(spec, std::move(secrets["password"]), parts_.guard, closers_);
    case model::SinkKind::dapr:
      return Dapr::make(spec, std::move(secrets["token"]), parts_.guard);
  }
  return fail(Code::sink_invalid, "kind");
}

std::unique_ptr<Runner> Desk::runner_of(Runner::State state, std::unique_ptr<Client> client) {
  auto runner =
      std::make_unique<Runner>(RunnerParts{parts_.feed, parts_.store, parts_.tags, &board_, parts_.patience},
                               loops_.at(0).executor(), std::move(state), std::move(client));
  runner->start();
  return runner;
}

template <class T>
net::Task<Result<T>> Desk::on_loop(net::Task<Result<T>> task) {
  std::optional<Result<T>> out;
  auto running = net::run_on(loops_.at(0).executor(), keep(std::move(task), out));
  co_await std::move(running);
  co_return std::move(*out);
}

net::Task<Result<Desk::Held>> Desk::hold(std::string id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) co_return fail(Code::sink_unknown, id);
  Held out{found->second, {}};
  auto acquiring = out.entry->turn.acquire(std::chrono::steady_clock::now() + kPatience);
  auto slot = co_await std::move(acquiring);
  if (!slot) co_return fail(slot.error());
  if (!out.entry->runner) co_return fail(Code::sink_unknown, id);
  out.slot = std::move(*slot);
  co_return out;
}

net::Task<Result<std::vector<model::SinkView>>> Desk::list_here() {
  std::vector<model::SinkView> out;
  for (const auto& [id, entry] : entries_)
    if (entry->runner) out.push_back(entry->runner->view());
  co_return out;
}

net::Task<Result<model::SinkView>> Desk::show_here(std::string id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second->runner) co_return fail(Code::sink_unknown, id);
  co_return found->second->runner->view();
}

net::Task<Result<model::SinkView>> Desk::add_here(model::SinkWish wish, bool declared) {
  if (!wish.kind) co_return fail(Code::sink_invalid, "kind: is missing");
  if (wish.id.empty()) wish.id = std::string{to_text(*wish.kind)} + '-' + random_hex(3);
  if (entries_.contains(wish.id)) co_return fail(Code::sink_exists, wish.id);
  if (entries_.size() >= kMost) co_return fail(Code::sink_too_many, "at most " + std::to_string(kMost));
  model::SinkRecord record;
  record.spec.id = wish.id;
  record.spec.kind = *wish.kind;
  record.spec.declared = declared;
  if (auto applied = apply(wish, record); !applied) co_return fail(applied.error());
  record.cursor = wish.from_oldest ? parts_.feed.oldest() - 1 : parts_.feed.newest();
  record.first = record.cursor + 1;
  auto client = client_of(record);
  if (!client) co_return fail(client.error());
  auto entry = std::make_shared<Entry>(loops_.at(0).executor());
  const auto slot = entry->turn.try_acquire();
  entries_.emplace(wish.id, entry);
  auto putting = parts_.store.put(record);
  if (auto put = co_await std::move(putting); !put) {
    entries_.erase(wish.id);
    co_return fail(put.error());
  }
  entry->runner = runner_of({std::move(record), {}, {}, false, {}}, std::move(*client));
  co_return entry->runner->view();
}

// The new runner goes on from where the old one was.
net::Task<Result<model::SinkView>> Desk::edit_here(model::SinkWish wish,
                                                   std::optional<std::uint64_t> revision, bool declared) {
  auto holding = hold(wish.id);
  auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  auto& runner = held->entry->runner;
  auto record = runner->state().record;
  if (auto same = check_revision(record, revision); !same) co_return fail(same.error());
  const bool only_paused = !wish.kind && !wish.enabled && !wish.filter && wish.settings.empty();
  if (record.spec.declared && !declared && !only_paused) co_return fail(foreign());
  record.spec.declared = record.spec.declared || declared;
  if (auto applied = apply(wish, record); !applied) co_return fail(applied.error());
  ++record.revision;
  auto client = client_of(record);
  if (!client) co_return fail(client.error());
  auto putting = parts_.store.put(record);
  if (auto put = co_await std::move(putting); !put) co_return fail(put.error());
  auto stopping = runner->stop();
  co_await std::move(stopping);
  auto state = runner->state();
  state.record.spec = std::move(record.spec);
  state.record.sealed = std::move(record.sealed);
  state.record.revision = record.revision;
  state.broken = {};
  runner.reset();
  runner = runner_of(std::move(state), std::move(*client));
  co_return runner->view();
}

net::Task<Result<void>> Desk::remove_here(std::string id, std::optional<std::uint64_t> revision) {
  auto holding = hold(id);
  auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  auto& runner = held->entry->runner;
  const auto record = runner->state().record;
  if (auto same = check_revision(record, revision); !same) co_return same;
  if (record.spec.declared && record.spec.enabled) co_return fail(foreign());
  auto removing = parts_.store.remove(id);
  if (auto removed = co_await std::move(removing); !removed) co_return removed;
  auto stopping = runner->stop();
  co_await std::move(stopping);
  runner.reset();
  board_.remove(id);
  entries_.erase(id);
  co_return Result<void>{};
}

net::Task<Result<void>> Desk::test_here(std::string id) {
  auto holding = hold(std::move(id));
  auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  auto delivering = held->entry->runner->deliver_now(test_entry(), false);
  co_return co_await std::move(delivering);
}

net::Task<Result<model::SinkView>> Desk::replay_here(std::string id, model::ReplayWish wish) {
  auto holding = hold(std::move(id));
  auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  if (auto begun = held->entry->runner->replay(std::move(wish)); !begun) co_return fail(begun.error());
  co_return held->entry->runner->view();
}

net::Task<Result<std::vector<model::ParkedEntry>>> Desk::parked_here(std::string id, model::Seq after,
                                                                     std::size_t limit) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second->runner) co_return fail(Code::sink_unknown, id);
  const auto& all = found->second->runner->parked();
  auto at = std::ranges::upper_bound(all, after, {}, &model::ParkedEntry::seq);
  std::vector<model::ParkedEntry> out;
  for (; at != all.end() && out.size() < limit; ++at) out.push_back(*at);
  co_return out;
}

net::Task<Result<void>> Desk::retry_here(std::string id, model::Seq seq) {
  auto holding = hold(std::move(id));
  auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  auto retrying = held->entry->runner->retry_parked(seq);
  co_return co_await std::move(retrying);
}

net::Task<Result<void>> Desk::drop_here(std::string id, model::Seq seq) {
  auto holding = hold(std::move(id));
  auto held = co_await std::move(holding);
  if (!held) co_return fail(held.error());
  auto dropping = held->entry->runner->drop_parked(seq);
  co_return co_await std::move(dropping);
}

net::Task<Result<std::vector<model::SinkView>>> Desk::list() { return on_loop(list_here()); }
net::Task<Result<model::SinkView>> Desk::show(std::string id) { return on_loop(show_here(std::move(id))); }
net::Task<Result<model::SinkView>> Desk::add(model::SinkWish wish) {
  return on_loop(add_here(std::move(wish), false));
}
net::Task<Result<model::SinkView>> Desk::edit(model::SinkWish wish, std::optional<std::uint64_t> revision) {
  return on_loop(edit_here(std::move(wish), revision, false));
}
net::Task<Result<void>> Desk::remove(std::string id, std::optional<std::uint64_t> revision) {
  return on_loop(remove_here(std::move(id), revision));
}
net::Task<Result<model::SinkView>> Desk::set_paused(std::string id, bool paused) {
  model::SinkWish wish;
  wish.id = std::move(id);
  wish.paused = paused;
  return on_loop(edit_here(std::move(wish), std::nullopt, false));
}
net::Task<Result<void>> Desk::test(std::string id) { return on_loop(test_here(std::move(id))); }
net::Task<Result<model::SinkView>> Desk::replay(std::string id, model::ReplayWish wish) {
  return on_loop(replay_here(std::move(id), std::move(wish)));
}
net::Task<Result<std::vector<model::ParkedEntry>>> Desk::parked(std::string id, model::Seq after,
                                                                std::size_t limit) {
  return on_loop(parked_here(std::move(id), after, limit));
}
net::Task<Result<void>> Desk::retry_parked(std::string id, model::Seq seq) {
  return on_loop(retry_here(std::move(id), seq));
}
net::Task<Result<void>> Desk::drop_parked(std::string id, model::Seq seq) {
  return on_loop(drop_here(std::move(id), seq));
}

}  // namespace camfleet::events::sinks
