#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "events/bells.h"
#include "events/blind_book.h"
#include "events/open_events.h"
#include "model/event_book.h"
#include "model/event_intake.h"
#include "net/worker_pool.h"

namespace camfleet::events {

struct LedgerOptions {
  EventLimits events;
  std::size_t queued = 65'536;                   // reports that wait for the disk, of all devices
  std::size_t queued_bytes = 128 * 1024 * 1024;  // the same
  std::size_t batch = 4'096;                     // entries of one transaction
  std::size_t tail = 1'024;                      // newest entries that are kept in memory
  std::size_t tail_bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds tick{1'000};  // ends that are inferred, marks
  std::chrono::milliseconds retention{60'000};
  // In transit between a device and its mark: what came in the last moment may not be in the queue yet.
  std::chrono::milliseconds margin{1'000};
};

// Where events become durable. Reports of all devices come into one bounded queue; one thread makes events of
// them (open_events.h) and writes what came while the last write was on its way to the disk, in one
// transaction: nobody waits for a timer. Only what is on disk is shown to anybody.
//
// Where reports come faster than the disk takes them, devices are not read on, those that send most first; so
// TCP makes them wait. Where the disk fails, nothing is forgotten: the same batch is tried again each second,
// and state() says why.
//
// Life: open(), start(), ... stop(), after whoever opened lanes has stopped.
class Ledger final : public model::EventIntake, public model::EventBook, private model::LedgerFeed {
 public:
  // All of these outlive it. `readers`: a pool for reading from disk.
  Ledger(model::EventStore& store, model::EventArchive& archive, net::WorkerPool& readers,
         LedgerOptions options = {}, const Clock& clock = system_clock());
  ~Ledger() override;

  // Takes up what the last run left; blocking.
  Result<void> open();
  void start();
  // Writes what is queued, says that this run ended by itself, and ends the thread. Where the disk refuses,
  // it gives up after some seconds and says how much is lost.
  void stop();

  // Who reads the ledger at cursors of their own: what they have not got yet is not removed. Outlives the
  // ledger's stop(); null: nobody.
  void set_sinks(const model::SinkAccounts* sinks) { sinks_ = sinks; }

  std::unique_ptr<model::EventLane> open(const model::DeviceId& device) override;
  net::Task<Result<void>> commit(std::vector<model::Event> events) override;

  model::LedgerFeed& feed() override { return *this; }
  model::LedgerState state() const override;
  net::Task<Result<model::EventPage>> list(model::EventQuery query) override;
  net::Task<Result<std::vector<model::LedgerEntryPtr>>> show(std::string event) override;
  net::Task<Result<model::StoredPicture>> picture(std::string id) override;
  net::Task<Result<std::vector<model::AccountRow>>> account(model::EventQuery query,
                                                            std::vector<model::Seq> marks) override;
  net::Task<Result<std::vector<model::BlindInterval>>> blind(model::BlindQuery query) override;

 private:
  class Lane;
  struct OfDevice;
  struct Receipt;
  struct Item;
  using Batch = std::vector<Item>;

  model::Seq newest() const override { return newest_.load(std::memory_order_acquire); }
  model::Seq oldest() const override;
  net::Task<Result<std::vector<model::LedgerEntryPtr>>> read(model::Seq after, std::size_t limit) override;
  net::Task<> wait_past(model::Seq seq, Deadline deadline) override;
  void listen(Bell& bell) override;
  void silence(Bell& bell) override;

  void push(Item item);
  bool crowded(const OfDevice& device) const;
  // How full the queue is, from 0.
  double level() const;

  void run();
  Batch take(std::chrono::milliseconds patience);
  void work(Batch batch);
  void handle(Item& item, std::vector<model::NewEntry>& out);
  void write(std::vector<model::NewEntry>& entries);
  void publish(std::vector<model::NewEntry>& entries);
  void settle(Batch& batch);
  void tick();
  void mark(WallTime alive);
  void retain();
  void show_blind();
  void fail_with(const Error& why);
  model::NewEntry gateway_entry(const model::DeviceId& device, std::string type, std::string detail,
                                std::string description) const;

  model::EventStore& store_;
  model::EventArchive& archive_;
  net::WorkerPool& readers_;
  const LedgerOptions options_;
  const Clock& clock_;
  std::atomic<const model::SinkAccounts*> sinks_{nullptr};

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable more_;
  Batch queue_;
  bool stopping_ = false;
  std::map<std::string, std::shared_ptr<OfDevice>> devices_;
  std::deque<model::LedgerEntryPtr> tail_;
  std::size_t tail_bytes_ = 0;
  Error wrong_;
  BlindBook::Open open_blind_;  // as of the last batch

  std::atomic<std::size_t> queued_{0};
  std::atomic<std::size_t> queued_bytes_{0};
  std::atomic<bool> failing_{false};
  std::atomic<model::Seq> newest_{0};
  std::atomic<std::size_t> active_{0};
  Bells room_;
  Bells news_;
  std::mutex followers_mutex_;
  std::vector<Bell*> followers_;

  // The thread's own.
  OpenEvents events_;
  BlindBook blind_;
  std::map<std::string, model::DeviceMark> marks_;  // as last written, and those of devices not yet there
  WallTime alive_{};
  SteadyTime next_tick_{};
  SteadyTime next_heard_{};
  SteadyTime next_retention_{};
  bool blind_changed_ = true;
  std::thread thread_;
};

}  // namespace camfleet::events
