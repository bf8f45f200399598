#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "events/sinks/board.h"
#include "events/sinks/client.h"
#include "events/sinks/window.h"
#include "model/sink.h"
#include "net/backoff.h"
#include "net/event.h"
#include "net/task_group.h"

namespace camfleet::events::sinks {

// How patient a sink is; tests are less so.
struct Patience {
  std::chrono::milliseconds first{1'000};      // the first pause, before jitter
  std::chrono::milliseconds most{60'000};      // the longest
  std::chrono::milliseconds refused{300'000};  // the longest of one that does not let us
  std::uint32_t tries = 3;                     // of an entry that is rejected, then it is parked
  std::uint32_t lone_tries = 10;               // of an entry that fails while others get through
};

// What a runner is plugged into; all of it outlives it.
struct RunnerParts {
  model::LedgerFeed& feed;
  model::SinkStore& store;
  const model::DeviceTags* tags = nullptr;  // null: no device has any
  Board* board = nullptr;                   // where it shows how far it is
  Patience patience = {};
};

// Delivers the ledger to one sink: reads past its cursor, keeps the order of each device, retries, parks, and
// moves the durable cursor behind what was acknowledged. Lives on the loop of the sinks; start() once, then
// stop() before it ends.
class Runner {
 public:
  static constexpr std::size_t kMostParked = 10'000;

  struct State {
    model::SinkRecord record;
    std::vector<model::ParkedEntry> parked;
    // Attempts that were begun and never ended, by a gateway that was killed over them.
    std::map<model::Seq, std::uint32_t> attempts;
    bool careful = false;  // the last gateway was killed: attempts are written down before they are made
    Error broken;          // why there is no client, where that is no operator's wish
  };
  Runner(RunnerParts parts, net::Executor executor, State state, std::unique_ptr<Client> client);
  ~Runner();

  void start();
  // What was acknowledged is on disk afterwards, and state() is what the next runner goes on from.
  net::Task<> stop();
  State state() const;
  model::SinkView view() const;
  const std::vector<model::ParkedEntry>& parked() const { return state_.parked; }

  // One delivery now, outside of the order; sink.paused, events.expired, or what the sink said.
  net::Task<Result<void>> deliver_now(model::LedgerEntryPtr entry, bool replayed);
  net::Task<Result<void>> retry_parked(model::Seq seq);
  net::Task<Result<void>> drop_parked(model::Seq seq);
  // Starts one; sink.invalid where one is running.
  Result<void> replay(model::ReplayWish wish);

 private:
  net::Task<> read();
  net::Task<> pump();
  net::Task<> deliver(std::vector<Delivery> batch);
  net::Task<> keep_progress();
  net::Task<> run_replay(model::ReplayWish wish);
  net::Task<bool> replay_one(const model::LedgerEntryPtr& entry);
  net::Task<Result<void>> save();
  net::Task<bool> note_attempts(const std::vector<Delivery>& batch, bool begun);

  bool takes(const model::LedgerEntry& entry) const;
  bool is_parked(model::Seq seq) const;
  std::size_t may_send(SteadyTime now) const;
  net::Task<> settle_lane(std::span<Delivery> lane);
  net::Task<SteadyTime> judge(const Delivery& delivery);
  net::Task<SteadyTime> park(const Delivery& delivery, Code reason);
  void sink_failed(const Error& why, bool refused);
  void sink_worked();
  SteadyTime pause_of(std::uint32_t tries);
  void tell(std::string_view event, const Error& why) const;
  void count();
  void show_standing() const;

  RunnerParts parts_;
  net::Executor executor_;
  State state_;
  std::unique_ptr<Client> client_;
  Window window_;
  net::Event room_;   // in the window
  net::Event bell_;   // for the pump
  net::Event quiet_;  // no delivery is running
  std::size_t running_ = 0;
  std::size_t careful_left_ = 0;
  std::size_t suspects_ = 0;

  // The gate: while it is closed nothing goes out, and the first after that goes alone.
  unsigned failures_ = 0;
  unsigned lone_failures_ = 0;  // of single entries, one after the other
  SteadyTime open_at_{};
  bool refused_ = false;
  Error reason_;
  net::Backoff backoff_;
  Rng rng_;

  model::Seq saved_cursor_;
  std::uint64_t saved_delivered_;
  std::uint64_t retries_ = 0;
  std::optional<WallTime> last_delivery_;
  std::optional<model::SinkView::Replay> replay_;
  metrics::Counter& delivered_total_;
  metrics::Counter& retries_total_;
  metrics::Gauge& pending_gauge_;
  metrics::Gauge& parked_gauge_;
  net::TaskGroup tasks_;
};

}  // namespace camfleet::events::sinks
